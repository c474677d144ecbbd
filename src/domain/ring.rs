//! Rings: which kind of token a key signs.

use std::fmt;

use serde::Serialize;

use super::half::Half;

/// A set of keys that sign one kind of token. Rings are never mixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ring {
    /// Signs body access tokens.
    Body,
    /// Signs cookie access tokens.
    Cookie,
    /// Signs machine tokens.
    Machine,
}

impl Ring {
    /// All rings.
    pub const ALL: [Self; 3] = [Self::Body, Self::Cookie, Self::Machine];

    /// `body`, `cookie` or `machine`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Cookie => "cookie",
            Self::Machine => "machine",
        }
    }

    /// The JWT header `typ` of its tokens (RFC 8725 section 3.11; RFC 9068 section 2.1).
    pub const fn token_type(self) -> &'static str {
        match self {
            Self::Body => Half::Body.token_type(),
            Self::Cookie => Half::Cookie.token_type(),
            Self::Machine => "at+jwt",
        }
    }

    /// Reads what [`Ring::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ring| ring.as_str() == text)
    }
}

impl From<Half> for Ring {
    fn from(half: Half) -> Self {
        match half {
            Half::Body => Self::Body,
            Half::Cookie => Self::Cookie,
        }
    }
}

impl fmt::Display for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
