//! The token endpoint (RFC 6749 section 3.2).

use std::sync::Arc;

use poem::{Result, http::HeaderMap};
use poem_openapi::{OpenApi, payload::Json};

use super::{
    super::{
        State,
        caller::CallerOf,
        credentials::session_cookies,
        form::FormBody,
        oauth::{ErrorCode, OAuthError, no_session, refuse_exchange},
        origin::Page,
        payload::{AccessTokenAnswer, Answer, TokenRequest},
    },
    Tag,
};

/// The grant of the session flow, by a name nobody else has (RFC 6749 section 4.5), and its alias.
const SESSION_GRANTS: [&str; 2] = ["urn:tandem:params:oauth:grant-type:session", "session"];

pub(in super::super) struct OAuthApi(pub(in super::super) Arc<State>);

#[OpenApi(tag = "Tag::OAuth")]
impl OAuthApi {
    /// Get an access token
    ///
    /// `grant_type=session`, or `urn:tandem:params:oauth:grant-type:session`: exchanges the session
    /// cookie for a body access token that lives shortly, to be kept in memory; its cookie half is
    /// set with it. There are no refresh tokens: ask again. The request must name the page's origin,
    /// as browsers do.
    #[oai(path = "/iam/oauth/token", method = "post", operation_id = "token")]
    async fn token(
        &self,
        page: Page,
        caller: CallerOf,
        headers: &HeaderMap,
        form: FormBody<TokenRequest>,
    ) -> Result<Answer<Json<AccessTokenAnswer>, 200>> {
        match form.0.grant_type.as_deref() {
            None => Err(OAuthError::invalid_request("grant_type is missing").into()),
            Some(grant) if SESSION_GRANTS.contains(&grant) => {
                self.exchange(page, &caller, headers).await
            }
            Some(_) => {
                let description = "grant_type may be session";
                Err(OAuthError::new(ErrorCode::UnsupportedGrantType, description).into())
            }
        }
    }
}

impl OAuthApi {
    /// The session flow.
    async fn exchange(
        &self,
        page: Page,
        caller: &CallerOf,
        headers: &HeaderMap,
    ) -> Result<Answer<Json<AccessTokenAnswer>, 200>> {
        if !page.is_allowed() {
            return Err(OAuthError::foreign_origin().into());
        }
        let State { auth, cookies, .. } = &*self.0;
        let [cookie] = session_cookies(headers, cookies)[..] else {
            return Err(no_session().into());
        };
        let exchange = auth.exchange(cookie, &caller.0).await.map_err(refuse_exchange)?;
        let life = exchange.renewable_for;
        let mut answer = vec![cookies.access(&exchange.access.cookie, life)];
        answer.extend(exchange.renewal.map(|renewal| cookies.renewal(&renewal, life)));
        Ok(Answer::new(Json((&exchange.access).into())).with_cookies(answer))
    }
}
