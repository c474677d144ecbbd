//! See and end one's sessions.

use std::sync::Arc;

use poem::Result;
use poem_openapi::{OpenApi, param::Path, payload::Json};

use super::{
    super::{
        State,
        caller::CallerOf,
        guard::Guarded,
        payload::{Answer, Empty, Session, Sessions},
        problem::{Code, Problem},
    },
    Tag,
};
use crate::domain::id::SessionId;

pub(in super::super) struct SessionsApi(pub(in super::super) Arc<State>);

#[OpenApi(tag = "Tag::Sessions")]
impl SessionsApi {
    /// List one's sessions
    ///
    /// The live ones, newest first; the one that asks is marked.
    #[oai(path = "/api/auth/sessions", method = "get", operation_id = "listSessions")]
    async fn list(&self, guarded: Guarded) -> Result<Answer<Json<Sessions>, 200>> {
        let sessions = self.0.auth.sessions(guarded.principal()).await.map_err(Problem::from)?;
        let current = guarded.principal().session;
        let sessions = sessions.iter().map(|found| Session::new(found, found.id == current));
        Ok(Answer::new(Json(Sessions { sessions: sessions.collect() })))
    }

    /// End all other sessions
    ///
    /// The one that asks goes on.
    #[oai(path = "/api/auth/sessions", method = "delete", operation_id = "endOtherSessions")]
    async fn end_others(&self, guarded: Guarded, caller: CallerOf) -> Result<Answer<Empty, 204>> {
        self.0
            .auth
            .end_other_sessions(guarded.principal(), &caller.0)
            .await
            .map_err(Problem::from)?;
        Ok(Answer::new(Empty))
    }

    /// End one session
    ///
    /// Any of one's own, also the one that asks.
    #[oai(path = "/api/auth/sessions/:id", method = "delete", operation_id = "endSession")]
    async fn end(
        &self,
        guarded: Guarded,
        caller: CallerOf,
        /// The session's identifier.
        id: Path<String>,
    ) -> Result<Answer<Empty, 204>> {
        let not_found = || Problem::from(Code::NotFound);
        let id = SessionId::parse(&id.0).ok_or_else(not_found)?;
        let ended = self.0.auth.end_session(guarded.principal(), id, &caller.0).await;
        if !ended.map_err(Problem::from)? {
            return Err(not_found().into());
        }
        let own = id == guarded.principal().session;
        let cookies = if own { self.0.cookies.expire() } else { Vec::new() };
        Ok(Answer::new(Empty).with_cookies(cookies))
    }
}
