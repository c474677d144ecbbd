//! For orchestrators.

use std::sync::Arc;

use poem::Result;
use poem_openapi::{ApiResponse, OpenApi, payload::Json};

use super::{
    super::{
        State,
        payload::{Answer, Health},
    },
    Tag,
};

pub(in super::super) struct HealthApi(pub(in super::super) Arc<State>);

#[derive(ApiResponse)]
enum Ready {
    /// The service can do its work.
    #[oai(status = 200)]
    Yes(Json<Health>),
    /// It cannot: the body tells why.
    #[oai(status = 503)]
    No(Json<Health>),
}

#[expect(clippy::unused_async, reason = "the framework awaits every operation")]
#[OpenApi(tag = "Tag::Health")]
impl HealthApi {
    /// Is the process alive?
    ///
    /// Asks neither the database nor anything else: restart what does not answer.
    #[oai(path = "/health/live", method = "get", operation_id = "live")]
    async fn live(&self) -> Result<Answer<Json<Health>, 200>> {
        Ok(Answer::new(Json(health(Vec::new(), None))))
    }

    /// Can the service do its work?
    ///
    /// `503` until the database has been read, while it cannot be asked, and while its clock and this
    /// one differ: send no requests here then.
    #[oai(path = "/health/ready", method = "get", operation_id = "ready")]
    async fn ready(&self) -> Ready {
        let readiness = self.0.auth.readiness();
        let age = readiness.revocations_age.map(|age| age.as_secs());
        let problems: Vec<_> = readiness.problems.iter().map(ToString::to_string).collect();
        if problems.is_empty() {
            Ready::Yes(Json(health(problems, age)))
        } else {
            Ready::No(Json(health(problems, age)))
        }
    }
}

fn health(problems: Vec<String>, revocations_age: Option<u64>) -> Health {
    let status = if problems.is_empty() { "ok" } else { "unavailable" };
    Health { status: status.to_owned(), problems, revocations_age }
}
