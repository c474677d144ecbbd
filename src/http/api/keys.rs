//! The published keys.

use std::sync::Arc;

use poem::{
    Result,
    http::{HeaderValue, header},
};
use poem_openapi::{OpenApi, payload::Json};

use super::{
    super::{
        State,
        payload::{Answer, Jwk, JwkSet},
    },
    Tag,
};
use crate::service;

pub(in super::super) struct KeysApi(pub(in super::super) Arc<State>);

#[expect(clippy::unused_async, reason = "the framework awaits every operation")]
#[OpenApi(tag = "Tag::Keys")]
impl KeysApi {
    /// The public signing keys
    ///
    /// A JWK set (RFC 7517). `tandem_ring` tells what a key signs: who verifies pairs elsewhere
    /// needs one half verified by a `body` key and the other by a `cookie` key.
    #[oai(path = "/.well-known/jwks.json", method = "get", operation_id = "jwks")]
    async fn jwks(&self) -> Result<Answer<Json<JwkSet>, 200>> {
        let keys = self.0.auth.published_keys().into_iter().map(Jwk::from).collect();
        let max_age = self.0.auth.jwks_max_age().as_secs();
        let cache = HeaderValue::try_from(format!("public, max-age={max_age}"));
        Ok(Answer::new(Json(JwkSet { keys })).with_header(
            header::CACHE_CONTROL,
            cache.unwrap_or(HeaderValue::from_static("no-store")),
        ))
    }
}

impl From<service::Jwk> for Jwk {
    fn from(key: service::Jwk) -> Self {
        Self {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            x: key.x,
            kid: key.kid,
            usage: "sig".to_owned(),
            alg: "EdDSA".to_owned(),
            tandem_ring: key.ring.to_string(),
        }
    }
}
