//! Refresh, verify, log out.

use std::{fmt::Display, sync::Arc};

use hyper::body::Bytes;
use poem::{
    Result,
    http::{HeaderMap, HeaderName, HeaderValue},
};
use poem_openapi::{OpenApi, payload::Json};

use super::{
    super::{
        State,
        body::JsonBody,
        caller::CallerOf,
        credentials::refresh_cookies,
        guard::{Forwarded, Guarded, PresentedAccess},
        payload::{Answer, Empty, RefreshRequest, TokenAnswer},
        problem::Problem,
    },
    Tag,
};
use crate::service::RefreshCall;

pub(in super::super) struct TokensApi(pub(in super::super) Arc<State>);

#[expect(clippy::unused_async, reason = "the framework awaits every operation")]
#[OpenApi(tag = "Tag::Tokens")]
impl TokensApi {
    /// Refresh all four tokens
    ///
    /// Presents all four: the access token as `Authorization: Bearer`, the refresh token in the body,
    /// both cookies. The access tokens may have expired. The answer brings all four anew; after a
    /// lost answer, simply call again.
    #[oai(path = "/api/auth/refresh", method = "post", operation_id = "refresh")]
    async fn refresh(
        &self,
        access: PresentedAccess,
        caller: CallerOf,
        headers: &HeaderMap,
        body: JsonBody<RefreshRequest>,
    ) -> Result<Answer<Json<TokenAnswer>, 200>> {
        let call = RefreshCall {
            body_access: access.body.as_deref(),
            cookie_access: access.cookie.as_deref(),
            body_refresh: body.0.refresh_token.as_deref(),
            cookie_refresh: refresh_cookies(headers, &self.0.cookies).collect(),
        };
        let grant = self.0.auth.refresh(call, &caller.0).await;
        let grant = grant.map_err(|e| Problem::of_refresh(e, self.0.cookies.expire_pair()))?;
        let cookies = self.0.cookies.set(&grant);
        Ok(Answer::new(Json(TokenAnswer::from(&grant))).with_cookies(cookies))
    }

    /// Log out
    ///
    /// Ends the session of the access pair, expired or not, and expires its cookies. Without a
    /// genuine pair nothing happens, and the answer is the same.
    #[oai(path = "/api/auth/logout", method = "post", operation_id = "logout")]
    async fn logout(
        &self,
        access: PresentedAccess,
        caller: CallerOf,
    ) -> Result<Answer<Empty, 204>> {
        let (body, cookie) = (access.body.as_deref(), access.cookie.as_deref());
        let ended = self.0.auth.logout(body, cookie, &caller.0).await.map_err(Problem::from)?;
        let cookies = if ended { self.0.cookies.expire() } else { Vec::new() };
        Ok(Answer::new(Empty).with_cookies(cookies))
    }

    /// Log out everywhere
    ///
    /// Ends all sessions of the account, this one included.
    #[oai(path = "/api/auth/logout-all", method = "post", operation_id = "logoutAll")]
    async fn logout_all(&self, guarded: Guarded, caller: CallerOf) -> Result<Answer<Empty, 204>> {
        self.0.auth.logout_all(guarded.principal(), &caller.0).await.map_err(Problem::from)?;
        Ok(Answer::new(Empty).with_cookies(self.0.cookies.expire()))
    }

    /// Verify the access pair, for reverse proxies
    ///
    /// Answers whom the pair speaks for in headers, without a body and without asking the database.
    /// A session that another instance ended is noticed within the documented bound.
    ///
    /// A page of a foreign origin is refused, unless `X-Forwarded-Method` or `X-Original-Method` says
    /// that the original request is a `GET`, `HEAD` or `OPTIONS`. `role` and `scope` stand at most once
    /// each, and what is there has to be met. Where a scope is asked for and there is no cookie half,
    /// a machine token is judged instead of a pair: session and roles are empty then. Nothing is decoded in the query, and another parameter in
    /// it is `403`.
    #[oai(path = "/api/auth/verify", method = "get", operation_id = "verify")]
    async fn verify(&self, guarded: Forwarded) -> Result<Answer<Empty, 200>> {
        let none = || HeaderValue::from_static("");
        let [subject, session, roles] = match &guarded {
            Forwarded::User(guarded) => {
                let principal = guarded.principal();
                [text(principal.user), text(principal.session), text(&principal.roles)]
            }
            Forwarded::Machine(guarded) => [text(guarded.machine().client), none(), none()],
        };
        Ok(Answer::new(Empty)
            .with_header(X_AUTH_SUBJECT, subject)
            .with_header(X_AUTH_SESSION, session)
            .with_header(X_AUTH_ROLES, roles))
    }
}

const X_AUTH_SUBJECT: HeaderName = HeaderName::from_static("x-auth-subject");
const X_AUTH_SESSION: HeaderName = HeaderName::from_static("x-auth-session");
const X_AUTH_ROLES: HeaderName = HeaderName::from_static("x-auth-roles");

/// Identifiers and roles are ASCII by construction.
fn text(value: impl Display) -> HeaderValue {
    let text = Bytes::from(value.to_string());
    HeaderValue::from_maybe_shared(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}
