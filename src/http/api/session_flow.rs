//! The session flow: log in and log out by a cookie alone. Only here, and at the token endpoint, is
//! that cookie read.

use std::sync::Arc;

use poem::{Result, http::HeaderMap};
use poem_openapi::OpenApi;

use super::{
    super::{
        State,
        body::JsonBody,
        caller::CallerOf,
        credentials::session_cookies,
        origin::Page,
        payload::{Answer, Credentials, Empty},
        problem::{Code, Problem},
    },
    Tag,
    accounts::{presented_pair, read_credentials},
};

pub(in super::super) struct SessionFlowApi(pub(in super::super) Arc<State>);

#[OpenApi(tag = "Tag::SessionFlow")]
impl SessionFlowApi {
    /// Log in without tokens
    ///
    /// Opens a new session for a page that stores nothing. One cookie stands for it; the page
    /// exchanges it at the token endpoint for access tokens that live shortly. A session that the
    /// browser had before ends.
    #[oai(path = "/iam/passwordlogin", method = "post", operation_id = "passwordLogin")]
    async fn password_login(
        &self,
        caller: CallerOf,
        headers: &HeaderMap,
        body: JsonBody<Credentials>,
    ) -> Result<Answer<Empty, 204>> {
        let State { auth, cookies, .. } = &*self.0;
        let (email, password) = read_credentials(&body.0)?;
        let pair = presented_pair(&self.0, headers);
        let presented = session_cookies(headers, cookies);
        let signed_in = auth.password_login(&email, &password, pair, &presented, &caller.0).await;
        let signed_in = signed_in.map_err(Problem::from)?;
        let mut answer = cookies.expire_pair();
        answer.push(cookies.renewal(&signed_in.renewal, signed_in.renewable_for));
        Ok(Answer::new(Empty).with_cookies(answer))
    }

    /// Log out of the session flow
    ///
    /// Ends the session that the session cookie stands for, and expires its cookies. Without a
    /// genuine one nothing happens, and the answer is the same. The request must name the page's
    /// origin, as browsers do.
    #[oai(path = "/iam/logout", method = "post", operation_id = "sessionLogout")]
    async fn session_logout(
        &self,
        page: Page,
        caller: CallerOf,
        headers: &HeaderMap,
    ) -> Result<Answer<Empty, 204>> {
        if !page.is_allowed() {
            return Err(Problem::from(Code::OriginNotAllowed).into());
        }
        let State { auth, cookies, .. } = &*self.0;
        let presented = session_cookies(headers, cookies);
        let ended = auth.session_logout(&presented, &caller.0).await.map_err(Problem::from)?;
        let expired = if ended { cookies.expire() } else { Vec::new() };
        Ok(Answer::new(Empty).with_cookies(expired))
    }
}
