//! What ended, for services that verify tokens themselves.

use std::sync::Arc;

use poem::{
    Result,
    http::{HeaderValue, header},
};
use poem_openapi::{OpenApi, param::Query, payload::Json};

use super::{
    super::{
        State,
        guard::MachineGuarded,
        payload::{Answer, Revocations},
        problem::Problem,
    },
    Tag,
};
use crate::domain::{clock::Timestamp, scope::REVOCATIONS};

pub(in super::super) struct RevocationsApi(pub(in super::super) Arc<State>);

#[OpenApi(tag = "Tag::Tokens")]
impl RevocationsApi {
    /// What ended, for services that verify tokens themselves
    ///
    /// For machine clients with the scope `revocations:read`. Ask every second or so, each time from
    /// the `now` of the answer before; a session may be told more than once.
    #[oai(path = "/api/auth/revocations", method = "get", operation_id = "revocations")]
    async fn revocations(
        &self,
        client: MachineGuarded,
        /// Milliseconds since the Unix epoch: the `now` of the answer before. Without it, everything
        /// that an access token could outlive.
        since: Query<Option<u64>>,
    ) -> Result<Answer<Json<Revocations>, 200>> {
        client.require_scope(&[REVOCATIONS])?;
        let auth = &self.0.auth;
        let since = since.0.map(|since| i64::try_from(since).unwrap_or(i64::MAX));
        let revoked =
            auth.revoked(since.map(Timestamp::from_millis)).await.map_err(Problem::from)?;
        let cache = format!("private, max-age={}", auth.revocation_poll().as_secs());
        let cache = HeaderValue::try_from(cache).unwrap_or(HeaderValue::from_static("no-store"));
        let answer = Json(Revocations::new(&revoked, auth.revocation_bound()));
        let vary = HeaderValue::from_static("Authorization");
        Ok(Answer::new(answer)
            .with_header(header::CACHE_CONTROL, cache)
            .with_header(header::VARY, vary))
    }
}
