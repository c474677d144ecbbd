//! What goes over the wire, as the document describes it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use poem::{
    IntoResponse, Response,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
};
use poem_openapi::{
    ApiResponse, Object,
    payload::Json,
    registry::{MetaResponse, MetaResponses, Registry},
    types::{Example, ToJSON},
};
use zeroize::Zeroizing;

mod oauth;

pub(super) use self::oauth::{
    ClientParameters, Introspected, IntrospectionRequest, Metadata, RevocationRequest, TokenRequest,
};
use super::body::{FromMembers, Members};
use crate::{
    domain::{clock::Timestamp, session, user},
    service::{AccessPair, Grant, MachineToken, RenewalTokens, Revoked},
};

/// An address and a password.
#[derive(Object)]
#[oai(example, deny_unknown_fields)]
pub(super) struct Credentials {
    /// The e-mail address of the account. Compared without case.
    #[oai(validator(max_length = 254, min_length = 3))]
    pub(super) email: String,
    /// The password.
    #[oai(write_only, validator(max_length = 1024, min_length = 1))]
    pub(super) password: String,
}

impl FromMembers for Credentials {
    fn from_members(members: &mut Members) -> Self {
        Self {
            email: members.string("email").to_string(),
            password: take(members.string("password")),
        }
    }
}

impl Example for Credentials {
    fn example() -> Self {
        Self {
            email: "ada@example.com".to_owned(),
            password: "a sentence is a good password".to_owned(),
        }
    }
}

/// The body half of a refresh call.
#[derive(Object)]
#[oai(example, deny_unknown_fields)]
pub(super) struct RefreshRequest {
    /// `refresh_token` of the last answer to login or refresh. Without it the answer is `401
    /// invalid_token`.
    #[oai(write_only, validator(max_length = 4096))]
    pub(super) refresh_token: Option<String>,
}

impl FromMembers for RefreshRequest {
    fn from_members(members: &mut Members) -> Self {
        Self { refresh_token: members.optional_string("refresh_token").map(take) }
    }
}

impl Example for RefreshRequest {
    fn example() -> Self {
        Self { refresh_token: Some(EXAMPLE_REFRESH.to_owned()) }
    }
}

/// A change of password.
#[derive(Object)]
#[oai(example, deny_unknown_fields)]
pub(super) struct PasswordChange {
    /// The password as it is.
    #[oai(write_only, validator(max_length = 1024, min_length = 1))]
    pub(super) current_password: String,
    /// The password as it shall be.
    #[oai(write_only, validator(max_length = 1024, min_length = 1))]
    pub(super) new_password: String,
}

impl FromMembers for PasswordChange {
    fn from_members(members: &mut Members) -> Self {
        Self {
            current_password: take(members.string("current_password")),
            new_password: take(members.string("new_password")),
        }
    }
}

impl Example for PasswordChange {
    fn example() -> Self {
        Self {
            current_password: "a sentence is a good password".to_owned(),
            new_password: "another sentence is one too".to_owned(),
        }
    }
}

macro_rules! wipe_on_drop {
    ($($name:ident { $($field:ident),* })*) => {$(
        impl Drop for $name {
            fn drop(&mut self) {
                use zeroize::Zeroize;
                $(self.$field.zeroize();)*
            }
        }
    )*};
}
wipe_on_drop! {
    Credentials { password }
    RefreshRequest { refresh_token }
    PasswordChange { current_password, new_password }
}

fn take(mut text: Zeroizing<String>) -> String {
    std::mem::take(&mut *text)
}

/// An account.
#[derive(Object)]
#[oai(example)]
pub(super) struct User {
    /// Opaque identifier, `sub` in access tokens.
    pub(super) id: String,
    /// The address as it was given.
    pub(super) email: String,
    /// Its roles, sorted.
    pub(super) roles: Vec<String>,
    /// When it was made.
    pub(super) created_at: DateTime<Utc>,
}

impl From<&user::User> for User {
    fn from(user: &user::User) -> Self {
        Self {
            id: user.id.to_string(),
            email: user.email.as_str().to_owned(),
            roles: user.roles.iter().map(str::to_owned).collect(),
            created_at: time(user.created_at),
        }
    }
}

impl Example for User {
    fn example() -> Self {
        Self {
            id: "3f2a9c0e5b7d4816a0c1d2e3f4051627".to_owned(),
            email: "ada@example.com".to_owned(),
            roles: vec!["editor".to_owned()],
            created_at: time(EXAMPLE_TIME),
        }
    }
}

/// One sign-in in one browser.
#[derive(Object)]
#[oai(example)]
pub(super) struct Session {
    /// Opaque identifier, `sid` in access tokens.
    pub(super) id: String,
    /// When it began.
    pub(super) created_at: DateTime<Utc>,
    /// When it was last refreshed.
    pub(super) last_seen_at: DateTime<Utc>,
    /// Its absolute end: nothing prolongs it.
    pub(super) expires_at: DateTime<Utc>,
    /// The address its login came from.
    pub(super) ip: String,
    /// The browser of its login.
    pub(super) user_agent: String,
    /// How its owner proved who they are (RFC 8176).
    pub(super) amr: Vec<String>,
    /// True for the session that asks.
    pub(super) current: bool,
}

impl Session {
    pub(super) fn new(session: &session::Session, current: bool) -> Self {
        Self {
            id: session.id.to_string(),
            created_at: time(session.created_at),
            last_seen_at: time(session.last_seen_at),
            expires_at: time(session.expires_at),
            ip: session.origination.ip.clone(),
            user_agent: session.origination.user_agent.clone(),
            amr: session.authentication.methods.clone(),
            current,
        }
    }
}

impl Example for Session {
    fn example() -> Self {
        Self {
            id: "9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d".to_owned(),
            created_at: time(EXAMPLE_TIME),
            last_seen_at: time(EXAMPLE_TIME),
            expires_at: time(EXAMPLE_TIME.plus(Duration::from_hours(720))),
            ip: "192.0.2.7".to_owned(),
            user_agent: "Mozilla/5.0".to_owned(),
            amr: vec!["pwd".to_owned()],
            current: true,
        }
    }
}

/// The body half of a login or a refresh. The cookie half is set beside it by two `Set-Cookie` lines.
#[derive(Object)]
#[oai(example)]
pub(super) struct TokenAnswer {
    /// The body access token: send it as `Authorization: Bearer`.
    access_token: String,
    /// Always `Bearer` (RFC 6749 section 7.1).
    token_type: String,
    /// Seconds until both access tokens expire.
    expires_in: u64,
    /// The body refresh token: send it in the body of the next refresh, nowhere else. None in the
    /// session flow.
    #[oai(skip_serializing_if_is_none)]
    refresh_token: Option<String>,
    /// Seconds until the session can no longer be refreshed. None in the session flow.
    #[oai(skip_serializing_if_is_none)]
    refresh_expires_in: Option<u64>,
    /// The session.
    session: Session,
    /// Its owner.
    user: User,
}

impl From<&Grant> for TokenAnswer {
    fn from(grant: &Grant) -> Self {
        let refresh_token = match &grant.renewal {
            RenewalTokens::Refresh { body, .. } => Some(body.to_string()),
            RenewalTokens::Session(_) => None,
        };
        Self {
            access_token: grant.access.body.to_string(),
            token_type: "Bearer".to_owned(),
            expires_in: grant.access.expires_in.as_secs(),
            refresh_expires_in: refresh_token.is_some().then_some(grant.renewable_for.as_secs()),
            refresh_token,
            session: Session::new(&grant.session, true),
            user: User::from(&grant.user),
        }
    }
}

impl Example for TokenAnswer {
    fn example() -> Self {
        Self {
            access_token: "eyJ0eXAiOiJ0YW5kZW0tYm9keStqd3QifQ.example.example".to_owned(),
            token_type: "Bearer".to_owned(),
            expires_in: 240,
            refresh_token: Some(EXAMPLE_REFRESH.to_owned()),
            refresh_expires_in: Some(604_800),
            session: Session::example(),
            user: User::example(),
        }
    }
}

/// An access token (RFC 6749 section 5.1).
#[derive(Object)]
#[oai(example)]
pub(super) struct AccessTokenAnswer {
    /// The access token: send it as `Authorization: Bearer`.
    access_token: String,
    /// Always `Bearer`.
    token_type: String,
    /// Seconds until it expires.
    expires_in: u64,
    /// What a machine token is good for, separated by spaces.
    #[oai(skip_serializing_if_is_none)]
    scope: Option<String>,
}

impl From<&MachineToken> for AccessTokenAnswer {
    fn from(token: &MachineToken) -> Self {
        Self {
            access_token: token.token.to_string(),
            token_type: "Bearer".to_owned(),
            expires_in: token.expires_in.as_secs(),
            scope: token.scopes.to_wire(),
        }
    }
}

impl From<&AccessPair> for AccessTokenAnswer {
    fn from(pair: &AccessPair) -> Self {
        Self {
            access_token: pair.body.to_string(),
            token_type: "Bearer".to_owned(),
            expires_in: pair.expires_in.as_secs(),
            scope: None,
        }
    }
}

impl Example for AccessTokenAnswer {
    fn example() -> Self {
        Self {
            access_token: "eyJ0eXAiOiJ0YW5kZW0tYm9keStqd3QifQ.example.example".to_owned(),
            token_type: "Bearer".to_owned(),
            expires_in: 60,
            scope: None,
        }
    }
}

/// What ended, for a service that verifies tokens itself.
#[derive(Object)]
#[oai(example)]
pub(super) struct Revocations {
    /// Milliseconds since the Unix epoch: pass it as `since` the next time.
    now: i64,
    /// Seconds: who has had no answer for so long is to refuse everything.
    bound: u64,
    /// Sessions whose access tokens do not count any more, or only some of them do.
    sessions: Vec<RevokedSession>,
    /// Machine clients that were removed: their tokens do not count any more.
    clients: Vec<String>,
    /// Machine tokens that were revoked, by `jti`.
    tokens: Vec<String>,
}

impl Revocations {
    pub(super) fn new(revoked: &Revoked, bound: Duration) -> Self {
        let sessions = revoked.sessions.iter().map(|session| RevokedSession {
            id: session.id.to_string(),
            ended: session.ended,
            tokens_not_before: session.tokens_not_before,
        });
        Self {
            now: revoked.now.millis(),
            bound: bound.as_secs(),
            sessions: sessions.collect(),
            clients: revoked.clients.iter().map(ToString::to_string).collect(),
            tokens: revoked.tokens.iter().map(ToString::to_string).collect(),
        }
    }
}

impl Example for Revocations {
    fn example() -> Self {
        Self {
            now: EXAMPLE_TIME.millis(),
            bound: 7,
            sessions: vec![RevokedSession::example()],
            clients: Vec::new(),
            tokens: Vec::new(),
        }
    }
}

/// A session whose access tokens do not count any more, or only some of them do.
#[derive(Object)]
#[oai(example)]
pub(super) struct RevokedSession {
    /// `sid` in access tokens.
    id: String,
    /// True if it ended: refuse its tokens.
    ended: bool,
    /// Seconds: an access pair is to be refreshed if one of its halves was issued (`iat`) up to then.
    #[oai(skip_serializing_if_is_none)]
    tokens_not_before: Option<i64>,
}

impl Example for RevokedSession {
    fn example() -> Self {
        let id = "9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d".to_owned();
        Self { id, ended: true, tokens_not_before: None }
    }
}

/// The account and the session that ask.
#[derive(Object)]
#[oai(example)]
pub(super) struct Me {
    /// The account.
    pub(super) user: User,
    /// The session.
    pub(super) session: Session,
}

impl Example for Me {
    fn example() -> Self {
        Self { user: User::example(), session: Session::example() }
    }
}

/// Sessions of one account.
#[derive(Object)]
#[oai(example)]
pub(super) struct Sessions {
    /// The live ones, newest first.
    pub(super) sessions: Vec<Session>,
}

impl Example for Sessions {
    fn example() -> Self {
        Self { sessions: vec![Session::example()] }
    }
}

/// A public signing key (RFC 7517, RFC 8037).
#[derive(Object)]
#[oai(example)]
pub(super) struct Jwk {
    /// Always `OKP`.
    pub(super) kty: String,
    /// Always `Ed25519`.
    pub(super) crv: String,
    /// base64url of the public key.
    pub(super) x: String,
    /// RFC 7638 thumbprint.
    pub(super) kid: String,
    /// Always `sig`.
    #[oai(rename = "use")]
    pub(super) usage: String,
    /// Always `EdDSA`.
    pub(super) alg: String,
    /// What the key signs: `body`, `cookie` or `machine` tokens. A key of one ring verifies nothing
    /// of another.
    pub(super) tandem_ring: String,
}

impl Example for Jwk {
    fn example() -> Self {
        Self {
            kty: "OKP".to_owned(),
            crv: "Ed25519".to_owned(),
            x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".to_owned(),
            kid: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k".to_owned(),
            usage: "sig".to_owned(),
            alg: "EdDSA".to_owned(),
            tandem_ring: "body".to_owned(),
        }
    }
}

/// A JWK set (RFC 7517 section 5).
#[derive(Object)]
#[oai(example)]
pub(super) struct JwkSet {
    /// The published keys of all rings.
    pub(super) keys: Vec<Jwk>,
}

impl Example for JwkSet {
    fn example() -> Self {
        Self { keys: vec![Jwk::example()] }
    }
}

/// The state of the service.
#[derive(Object)]
#[oai(example)]
pub(super) struct Health {
    /// `ok` or `unavailable`.
    pub(super) status: String,
    /// What is wrong; empty while all is well.
    pub(super) problems: Vec<String>,
    /// Age in seconds of what is known of ended sessions.
    #[oai(skip_serializing_if_is_none)]
    pub(super) revocations_age: Option<u64>,
}

impl Example for Health {
    fn example() -> Self {
        Self { status: "ok".to_owned(), problems: Vec::new(), revocations_age: Some(0) }
    }
}

const EXAMPLE_TIME: Timestamp = Timestamp::from_seconds(1_767_268_800);
const EXAMPLE_REFRESH: &str = "tdm_rtb_example-not-a-real-token";

fn time(at: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at.millis()).unwrap_or_default()
}

/// An answer of status `STATUS`: perhaps a body, perhaps headers. Cookies are part of the value: they
/// are appended here and nowhere else, because a framework's jar loses them when a handler fails.
pub(super) struct Answer<T, const STATUS: u16> {
    body: T,
    headers: HeaderMap,
}

/// No body.
pub(super) struct Empty;

impl<T, const STATUS: u16> Answer<T, STATUS> {
    pub(super) fn new(body: T) -> Self {
        Self { body, headers: HeaderMap::new() }
    }

    pub(super) fn with_cookies(mut self, cookies: Vec<HeaderValue>) -> Self {
        for cookie in cookies {
            self.headers.append(header::SET_COOKIE, cookie);
        }
        self
    }

    pub(super) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
}

/// What an answer's body is made of, and how the document describes it.
pub(super) trait Content: Send {
    fn respond(self) -> Response;
    fn meta() -> MetaResponses;
    fn register(registry: &mut Registry);
}

impl Content for Empty {
    fn respond(self) -> Response {
        Response::default()
    }

    fn meta() -> MetaResponses {
        <() as ApiResponse>::meta()
    }

    fn register(_: &mut Registry) {}
}

impl<T: ToJSON + Send> Content for Json<T> {
    fn respond(self) -> Response {
        self.into_response()
    }

    fn meta() -> MetaResponses {
        <Self as ApiResponse>::meta()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: Content, const STATUS: u16> IntoResponse for Answer<T, STATUS> {
    fn into_response(self) -> Response {
        let mut response = self.body.respond();
        response.set_status(StatusCode::from_u16(STATUS).unwrap_or_default());
        let headers = response.headers_mut();
        if headers.is_empty() {
            *headers = self.headers;
        } else {
            headers.extend(self.headers);
        }
        response
    }
}

impl<T: Content, const STATUS: u16> ApiResponse for Answer<T, STATUS> {
    fn meta() -> MetaResponses {
        let responses = T::meta()
            .responses
            .into_iter()
            .map(|response| MetaResponse { status: Some(STATUS), ..response });
        MetaResponses { responses: responses.collect() }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}
