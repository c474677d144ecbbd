//! `[passwords]`: the least length, and the cost of hashing.

use std::{num::NonZero, thread};

use super::{given::put, key::Key};

/// The password policy and the parameters of Argon2id (RFC 9106).
#[derive(Clone, Debug)]
pub struct Passwords {
    /// The least length of a new password, in code points.
    pub min_length: usize,
    /// Memory of one hash, in KiB.
    pub memory: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes of the memory.
    pub lanes: u32,
    /// How many hashes may be computed at once.
    pub max_concurrent: usize,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            min_length: 15,
            memory: 19_456,
            iterations: 2,
            lanes: 1,
            max_concurrent: thread::available_parallelism().map_or(1, NonZero::get),
        }
    }
}

/// Below this the cost of guessing falls short of what is recommended, whatever the iterations.
const LEAST_MEMORY: u32 = 7168;

pub(super) static KEYS: &[Key] = &[
    Key {
        name: "passwords.min_length",
        about: "The least length of a new password, in code points",
        allowed: "8 or more",
        read: |c, given| put(&mut c.passwords.min_length, given.number()),
        show: |c| c.passwords.min_length.to_string(),
        valid: |c| c.passwords.min_length >= 8,
        ..Key::BASE
    },
    Key {
        name: "passwords.memory",
        about: "Memory of one Argon2id hash, in KiB",
        allowed: "7168 or more (8 or more with `--dev`), at least 8 for each of `passwords.lanes`",
        read: |c, given| put(&mut c.passwords.memory, given.number()),
        show: |c| c.passwords.memory.to_string(),
        valid: |c| c.passwords.memory >= if c.dev { 8 } else { LEAST_MEMORY },
        ..Key::BASE
    },
    Key {
        name: "passwords.iterations",
        about: "Passes of Argon2id over its memory",
        allowed: "1 or more",
        read: |c, given| put(&mut c.passwords.iterations, given.number()),
        show: |c| c.passwords.iterations.to_string(),
        valid: |c| c.passwords.iterations >= 1,
        ..Key::BASE
    },
    Key {
        name: "passwords.lanes",
        about: "Lanes of Argon2id",
        allowed: "1 to 16",
        read: |c, given| put(&mut c.passwords.lanes, given.number()),
        show: |c| c.passwords.lanes.to_string(),
        valid: |c| (1..=16).contains(&c.passwords.lanes),
        ..Key::BASE
    },
    Key {
        name: "passwords.max_concurrent",
        about: "How many passwords are hashed at once; more have to wait",
        allowed: "1 or more",
        default: Some("number of cores"),
        read: |c, given| put(&mut c.passwords.max_concurrent, given.number()),
        show: |c| c.passwords.max_concurrent.to_string(),
        valid: |c| c.passwords.max_concurrent >= 1,
        ..Key::BASE
    },
];
