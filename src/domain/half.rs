//! The two ways a token travels.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What travels one way: the body half (JSON body and `Authorization` header) or the cookie half
/// (`HttpOnly` cookies).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Half {
    /// Issued in the JSON body, presented as `Authorization: Bearer` or in the refresh call's body.
    Body,
    /// Issued and presented in `HttpOnly` cookies.
    Cookie,
}

impl Half {
    /// `body` or `cookie`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Cookie => "cookie",
        }
    }

    /// The JWT header `typ` of this half's access tokens (RFC 8725 section 3.11).
    pub const fn token_type(self) -> &'static str {
        match self {
            Self::Body => "tandem-body+jwt",
            Self::Cookie => "tandem-cookie+jwt",
        }
    }
}

impl fmt::Display for Half {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
