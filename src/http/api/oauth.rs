//! The token endpoint and what stands beside it: RFC 6749, RFC 7009, RFC 7662, RFC 8414.

use std::sync::Arc;

use poem::{
    Result,
    http::{HeaderMap, HeaderValue, header},
};
use poem_openapi::{OpenApi, payload::Json};

use super::{
    super::{
        State,
        caller::CallerOf,
        client::Shown,
        credentials::session_cookies,
        form::FormBody,
        oauth::{ErrorCode, OAuthError, no_session, refuse_client, refuse_exchange},
        origin::Page,
        payload::{
            AccessTokenAnswer, Answer, ClientParameters, Empty, Introspected, IntrospectionRequest,
            Metadata, RevocationRequest, TokenRequest,
        },
        problem::Problem,
    },
    Tag,
};
use crate::{
    domain::{client::Client, scope::Scopes},
    service::MachineGrantError,
};

/// The grant of the session flow, by a name nobody else has (RFC 6749 section 4.5), and its alias.
const SESSION_GRANTS: [&str; 2] = ["urn:tandem:params:oauth:grant-type:session", "session"];
const CLIENT_CREDENTIALS: &str = "client_credentials";

/// What every token but a JWT of ours begins with.
const SECRET_PREFIX: &str = "tdm_";

pub(in super::super) struct OAuthApi(pub(in super::super) Arc<State>);

#[OpenApi(tag = "Tag::OAuth")]
impl OAuthApi {
    /// Get an access token
    ///
    /// `grant_type=session`, or `urn:tandem:params:oauth:grant-type:session`: exchanges the session
    /// cookie for a body access token that lives shortly, to be kept in memory; its cookie half is
    /// set with it. There are no refresh tokens: ask again. The request must name the page's origin,
    /// as browsers do.
    ///
    /// `grant_type=client_credentials`: a token for a machine client, which proves itself by
    /// `client_secret_basic`, `client_secret_post` or `private_key_jwt`.
    #[oai(path = "/iam/oauth/token", method = "post", operation_id = "token")]
    async fn token(
        &self,
        page: Page,
        caller: CallerOf,
        headers: &HeaderMap,
        form: FormBody<TokenRequest>,
    ) -> Result<Answer<Json<AccessTokenAnswer>, 200>> {
        let TokenRequest { grant_type, scope, client } = form.0;
        match grant_type.as_deref() {
            None => Err(OAuthError::invalid_request("grant_type is missing").into()),
            Some(grant) if SESSION_GRANTS.contains(&grant) => {
                self.exchange(page, &caller, headers).await
            }
            Some(CLIENT_CREDENTIALS) => {
                let client = self.client(headers, &client, &caller).await?;
                self.machine_token(&client, scope.as_deref(), &caller)
            }
            Some(_) => {
                let description = "grant_type may be session or client_credentials";
                Err(OAuthError::new(ErrorCode::UnsupportedGrantType, description).into())
            }
        }
    }

    /// Revoke a token
    ///
    /// RFC 7009: a machine token of the client that asks stops within the documented bound. Any other
    /// token has no effect, and the answer is the same. Sessions are ended by logging out.
    #[oai(path = "/iam/oauth/revoke", method = "post", operation_id = "revoke")]
    async fn revoke(
        &self,
        caller: CallerOf,
        headers: &HeaderMap,
        form: FormBody<RevocationRequest>,
    ) -> Result<Answer<Empty, 200>> {
        let client = self.client(headers, &form.0.client, &caller).await?;
        let token = form.0.token.as_deref().ok_or(TOKEN_MISSING)?;
        if token.starts_with(SECRET_PREFIX) {
            let description = "only machine tokens are revoked here; log out to end a session";
            return Err(OAuthError::new(ErrorCode::UnsupportedTokenType, description).into());
        }
        let revoked = self.0.auth.revoke_token(&client, token, &caller.0).await;
        revoked.map_err(Problem::from)?;
        Ok(Answer::new(Empty))
    }

    /// Ask about a token
    ///
    /// RFC 7662: what an active token says. A client may ask about machine tokens of its own; with the
    /// scope `introspect` about all, and about a user's access: its body half as `token` with its
    /// cookie half as `cookie_token`. Anything else, a lone half too, is not active.
    #[oai(path = "/iam/oauth/introspect", method = "post", operation_id = "introspect")]
    async fn introspect(
        &self,
        caller: CallerOf,
        headers: &HeaderMap,
        form: FormBody<IntrospectionRequest>,
    ) -> Result<Answer<Json<Introspected>, 200>> {
        let client = self.client(headers, &form.0.client, &caller).await?;
        let token = form.0.token.as_deref().ok_or(TOKEN_MISSING)?;
        let auth = &self.0.auth;
        let found = auth.introspect(&client, token, form.0.cookie_token.as_deref());
        Ok(Answer::new(Json(match found {
            Some(found) => Introspected::active(&found, auth),
            None => Introspected::default(),
        })))
    }

    /// What the token endpoint can do
    ///
    /// RFC 8414: authorization server metadata.
    #[oai(
        path = "/.well-known/oauth-authorization-server",
        method = "get",
        operation_id = "metadata"
    )]
    #[expect(clippy::unused_async, reason = "the framework awaits every operation")]
    async fn metadata(&self) -> Result<Answer<Json<Metadata>, 200>> {
        let cache = HeaderValue::from_static("public, max-age=3600");
        let metadata = Metadata::of(self.0.auth.issuer());
        Ok(Answer::new(Json(metadata)).with_header(header::CACHE_CONTROL, cache))
    }
}

const TOKEN_MISSING: OAuthError = OAuthError::invalid_request("token is missing");

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

    fn machine_token(
        &self,
        client: &Client,
        scope: Option<&str>,
        caller: &CallerOf,
    ) -> Result<Answer<Json<AccessTokenAnswer>, 200>> {
        let invalid =
            || OAuthError::new(ErrorCode::InvalidScope, "the client may not ask for this");
        let scopes = scope.map(Scopes::parse).transpose().map_err(|_| invalid())?;
        let issued = self.0.auth.issue_machine_token(client, scopes, &caller.0);
        let token = issued.map_err(|error| match error {
            MachineGrantError::InvalidScope => poem::Error::from(invalid()),
            MachineGrantError::Service(error) => Problem::from(error).into(),
        })?;
        Ok(Answer::new(Json((&token).into())))
    }

    /// The client that asks.
    async fn client(
        &self,
        headers: &HeaderMap,
        parameters: &ClientParameters,
        caller: &CallerOf,
    ) -> Result<Client> {
        let shown = Shown::read(headers, parameters)?;
        let client = self.0.auth.authenticate_client(shown.proof(), &caller.0).await;
        client.map_err(|error| refuse_client(error, shown.is_basic()))
    }
}
