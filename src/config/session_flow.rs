//! `[session_flow]`: tokens for pages that store none.

use std::time::Duration;

use super::{
    given::put,
    key::Key,
    units::{duration, show_duration},
};

/// The flow in which a session cookie is exchanged for short access tokens.
#[derive(Clone, Debug)]
pub struct SessionFlow {
    /// How long such an access token lives.
    pub access_ttl: Duration,
}

impl Default for SessionFlow {
    fn default() -> Self {
        Self { access_ttl: Duration::from_mins(1) }
    }
}

pub(super) static KEYS: &[Key] = &[Key {
    name: "session_flow.access_ttl",
    about: "How long an access token lives that was had for a session cookie",
    allowed: "`1s` to `120s`",
    read: |c, given| put(&mut c.session_flow.access_ttl, given.parsed(duration)),
    show: |c| show_duration(c.session_flow.access_ttl),
    valid: |c| {
        (Duration::from_secs(1)..=Duration::from_mins(2)).contains(&c.session_flow.access_ttl)
    },
    ..Key::BASE
}];
