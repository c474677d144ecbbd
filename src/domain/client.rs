//! Machine clients: programs that act for themselves (RFC 6749 section 4.4).

use super::{
    claims::MachineClaims,
    clock::Timestamp,
    id::{ClientId, TokenId},
    scope::Scopes,
};

/// A confidential client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its identifier, `client_id`.
    pub id: ClientId,
    /// What people call it.
    pub name: String,
    /// What it may ask for.
    pub scopes: Scopes,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Who a machine token speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// The client.
    pub client: ClientId,
    /// What the token is good for.
    pub scopes: Scopes,
    /// The token.
    pub token: TokenId,
    /// Issued at, seconds.
    pub iat: i64,
    /// Expires at, seconds.
    pub exp: i64,
}

impl From<MachineClaims> for Machine {
    fn from(claims: MachineClaims) -> Self {
        let MachineClaims { sub, scope, jti, iat, exp, .. } = claims;
        Self { client: sub, scopes: scope, token: jti, iat, exp }
    }
}
