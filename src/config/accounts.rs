//! `[accounts]`: who may have one.

use super::{given::put, key::Key};

/// How people come to have an account.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// Whether strangers may register.
    pub registration: Registration,
}

/// Who may make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    /// Anybody.
    Open,
    /// Nobody but the operator.
    Closed,
}

impl Default for Accounts {
    fn default() -> Self {
        Self { registration: Registration::Open }
    }
}

impl Registration {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        [Self::Open, Self::Closed].into_iter().find(|r| r.as_str() == text).ok_or("unknown choice")
    }
}

pub(super) static KEYS: &[Key] = &[Key {
    name: "accounts.registration",
    about: "Whether anybody may register; when closed, only the operator makes accounts",
    allowed: "`open` or `closed`",
    read: |c, given| put(&mut c.accounts.registration, given.parsed(Registration::parse)),
    show: |c| c.accounts.registration.as_str().to_owned(),
    ..Key::BASE
}];
