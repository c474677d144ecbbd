//! `[keys]`: the master keys, and how long others may cache the public keys.

use std::time::Duration;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use zeroize::Zeroizing;

use super::{
    given::{put, show_list},
    key::{Key, MASK},
    units::{duration, show_duration},
};
use crate::domain::secret::Secret;

/// Seals the signing keys and authenticates refresh tokens, each by a key derived from it.
pub type MasterKey = Secret<[u8; 32]>;

/// What protects the keys at rest, and how they are published.
#[derive(Clone, Debug)]
pub struct Keys {
    /// The key in use; `None` only in dev mode, before one is made.
    pub master_key: Option<MasterKey>,
    /// Earlier or coming ones that are accepted beside it.
    pub accepted_master_keys: Vec<MasterKey>,
    /// How long others may cache the public keys.
    pub jwks_max_age: Duration,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            master_key: None,
            accepted_master_keys: Vec::new(),
            jwks_max_age: Duration::from_mins(5),
        }
    }
}

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads 32 bytes of base64; the error never repeats the text.
fn master_key(text: &str) -> Result<MasterKey, &'static str> {
    let bytes = Zeroizing::new(BASE64.decode(text).map_err(|_| "not base64")?);
    let key = <[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| "not 32 bytes long")?;
    if key == [0; 32] { Err("all zero") } else { Ok(Secret::new(key)) }
}

pub(super) static KEYS: &[Key] = &[
    Key {
        name: "keys.master_key",
        about: "Seals the signing keys in the database and authenticates refresh tokens",
        allowed: "32 random bytes in base64; make them with `openssl rand -base64 32`",
        default: Some("none; required (`--dev` makes one)"),
        secret: true,
        read: |c, given| put(&mut c.keys.master_key, given.parsed(master_key).map(Some)),
        show: |c| c.keys.master_key.as_ref().map_or("none", |_| MASK).to_owned(),
        valid: |c| c.dev || c.keys.master_key.is_some(),
    },
    Key {
        name: "keys.accepted_master_keys",
        about: "Further master keys that open seals and check refresh tokens, while one replaces \
                another",
        allowed: "a list of master keys",
        secret: true,
        read: |c, given| {
            put(&mut c.keys.accepted_master_keys, given.list(|item| item.parsed(master_key)))
        },
        show: |c| show_list(&c.keys.accepted_master_keys, |_| MASK.to_owned()),
        ..Key::BASE
    },
    Key {
        name: "keys.jwks_max_age",
        about: "How long others may cache the public keys; a new key signs no sooner than that",
        allowed: "`1s` or more",
        read: |c, given| put(&mut c.keys.jwks_max_age, given.parsed(duration)),
        show: |c| show_duration(c.keys.jwks_max_age),
        valid: |c| c.keys.jwks_max_age >= Duration::from_secs(1),
        ..Key::BASE
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn master_keys_are_32_bytes_of_base64() {
        for (text, expected) in [
            (BASE64.encode([7; 32]), Ok([7; 32])),
            (BASE64.encode([7; 32]).trim_end_matches('=').to_owned(), Ok([7; 32])),
            (BASE64.encode([0; 32]), Err("all zero")),
            (BASE64.encode([7; 31]), Err("not 32 bytes long")),
            (BASE64.encode([7; 33]), Err("not 32 bytes long")),
            (String::new(), Err("not 32 bytes long")),
            ("__".repeat(21), Err("not base64")),
            (format!(" {}", BASE64.encode([7; 32])), Err("not base64")),
        ] {
            assert_eq!(master_key(&text).map(|key| *key.expose()), expected, "{text}");
        }
    }
}
