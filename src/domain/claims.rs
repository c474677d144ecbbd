//! What access tokens say (RFC 7519 section 4; `auth_time`, `amr`, `roles` as in RFC 9068
//! section 2.2).

use serde::{Deserialize, Deserializer, Serialize};

use super::{
    id::{ClientId, SessionId, TokenId, UserId},
    role::Roles,
    scope::Scopes,
};

/// The claims of a body access token. Every member but `nbf` is required, of its exact JSON type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BodyClaims {
    /// Issuer: the public origin of the service.
    pub iss: String,
    /// The user.
    pub sub: UserId,
    /// `<audience>/body`.
    pub aud: String,
    /// Issued at, seconds.
    pub iat: i64,
    /// Expires at, seconds.
    pub exp: i64,
    /// Not before, seconds; never issued, honoured where present.
    #[serde(default, deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// This token.
    pub jti: TokenId,
    /// The session.
    pub sid: SessionId,
    /// The session's generation at issue.
    #[serde(rename = "gen")]
    pub generation: u32,
    /// When the user proved who they are, seconds.
    pub auth_time: i64,
    /// By which methods (RFC 8176).
    pub amr: Vec<String>,
    /// The user's roles at issue.
    pub roles: Roles,
}

/// The claims of a cookie access token: what ties it to its body half, and nothing that grants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CookieClaims {
    /// Issuer: the public origin of the service.
    pub iss: String,
    /// The user.
    pub sub: UserId,
    /// `<audience>/cookie`.
    pub aud: String,
    /// Issued at, seconds.
    pub iat: i64,
    /// Expires at, seconds.
    pub exp: i64,
    /// Not before, seconds; never issued, honoured where present.
    #[serde(default, deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// This token.
    pub jti: TokenId,
    /// The session.
    pub sid: SessionId,
    /// The session's generation at issue.
    #[serde(rename = "gen")]
    pub generation: u32,
    /// Digest of the body half's granting claims: what the body half may claim.
    pub ctx: String,
}

/// The claims of a machine token (RFC 9068 section 2.2): a client acts for itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineClaims {
    /// Issuer: the public origin of the service.
    pub iss: String,
    /// The client.
    pub sub: ClientId,
    /// The client.
    pub client_id: ClientId,
    /// `<audience>`.
    pub aud: String,
    /// Issued at, seconds.
    pub iat: i64,
    /// Expires at, seconds.
    pub exp: i64,
    /// Not before, seconds; never issued, honoured where present.
    #[serde(default, deserialize_with = "integer", skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// This token.
    pub jti: TokenId,
    /// What it is good for, separated by spaces.
    pub scope: Scopes,
}

/// There or not; `null` is no time.
fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    i64::deserialize(deserializer).map(Some)
}

/// What every access token says, of whichever ring: the part the guard checks alike.
#[derive(Clone, Copy, Debug)]
pub struct Registered<'a> {
    /// Issuer.
    pub iss: &'a str,
    /// Audience.
    pub aud: &'a str,
    /// Issued at, seconds.
    pub iat: i64,
    /// Expires at, seconds.
    pub exp: i64,
    /// Not before, seconds.
    pub nbf: Option<i64>,
}

/// Claims of one ring's tokens.
pub trait Claims {
    /// The registered claims.
    fn registered(&self) -> Registered<'_>;
}

macro_rules! claims {
    ($($name:ident),*) => {$(
        impl Claims for $name {
            fn registered(&self) -> Registered<'_> {
                let Self { iss, aud, iat, exp, nbf, .. } = self;
                Registered { iss, aud, iat: *iat, exp: *exp, nbf: *nbf }
            }
        }
    )*};
}
claims!(BodyClaims, CookieClaims, MachineClaims);
