//! The token endpoint's own way of saying no (RFC 6749 section 5.2): everything under `/iam/oauth/`
//! speaks it, the framework's failures included.

use poem::{
    Response,
    http::{HeaderValue, StatusCode, header},
};
use serde::Serialize;

use super::problem::{Code, Problem};
use crate::service::{ClientError, ExchangeError};

/// What lies under this speaks RFC 6749.
pub(super) const PREFIX: &str = "/iam/oauth/";

/// An error answer (RFC 6749 section 5.2, RFC 7009 section 2.2.1; the last three from RFC 6749
/// section 4.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ErrorCode {
    InvalidRequest,
    InvalidClient,
    InvalidGrant,
    InvalidScope,
    UnsupportedGrantType,
    UnsupportedTokenType,
    AccessDenied,
    ServerError,
    TemporarilyUnavailable,
}

impl ErrorCode {
    pub(super) const ALL: [Self; 9] = [
        Self::InvalidRequest,
        Self::InvalidClient,
        Self::InvalidGrant,
        Self::InvalidScope,
        Self::UnsupportedGrantType,
        Self::UnsupportedTokenType,
        Self::AccessDenied,
        Self::ServerError,
        Self::TemporarilyUnavailable,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidScope => "invalid_scope",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::AccessDenied => "access_denied",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }
}

/// An error, ready to be answered.
#[derive(Debug)]
pub(super) struct OAuthError {
    status: StatusCode,
    code: ErrorCode,
    description: &'static str,
    challenge: bool,
}

#[derive(Serialize)]
struct Wire {
    error: ErrorCode,
    error_description: &'static str,
}

impl OAuthError {
    pub(super) const fn new(code: ErrorCode, description: &'static str) -> Self {
        let status = match code {
            ErrorCode::AccessDenied => StatusCode::FORBIDDEN,
            ErrorCode::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            ErrorCode::TemporarilyUnavailable => StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::InvalidClient => StatusCode::UNAUTHORIZED,
            ErrorCode::InvalidRequest
            | ErrorCode::InvalidGrant
            | ErrorCode::InvalidScope
            | ErrorCode::UnsupportedGrantType
            | ErrorCode::UnsupportedTokenType => StatusCode::BAD_REQUEST,
        };
        Self { status, code, description, challenge: false }
    }

    /// Unknown, removed, wrong secret, bad assertion, nothing shown. `challenge`: it was shown in
    /// `Authorization`, so the answer names the scheme.
    pub(super) const fn invalid_client(challenge: bool) -> Self {
        let description = "the client could not be authenticated";
        Self { challenge, ..Self::new(ErrorCode::InvalidClient, description) }
    }

    /// A parameter is missing, repeated or unreadable.
    pub(super) const fn invalid_request(description: &'static str) -> Self {
        Self::new(ErrorCode::InvalidRequest, description)
    }

    /// Says it to a page that may not ask.
    pub(super) const fn foreign_origin() -> Self {
        Self::new(ErrorCode::AccessDenied, "this origin may not ask for tokens")
    }

    /// What the shell and the framework refuse, in these words. The status stays, but for a wrong
    /// content type, which is a malformed request here.
    pub(super) fn of_problem(problem: &Problem) -> Self {
        let code = match problem.code {
            Code::OriginNotAllowed => return Self::foreign_origin(),
            Code::Internal => ErrorCode::ServerError,
            Code::Unavailable | Code::TooManyRequests => ErrorCode::TemporarilyUnavailable,
            Code::Forbidden => ErrorCode::AccessDenied,
            Code::InvalidRequest
            | Code::InvalidCredentials
            | Code::Unauthenticated
            | Code::AccessExpired
            | Code::InvalidToken
            | Code::NotFound
            | Code::MethodNotAllowed
            | Code::PayloadTooLarge
            | Code::UnsupportedMediaType
            | Code::ValidationFailed => ErrorCode::InvalidRequest,
        };
        let status = if problem.code == Code::UnsupportedMediaType {
            StatusCode::BAD_REQUEST
        } else {
            problem.code.status()
        };
        let description = problem.detail().unwrap_or_else(|| problem.code.title());
        Self { status, code, description, challenge: false }
    }

    pub(super) fn respond(self) -> Response {
        let Self { status, code, description, challenge } = self;
        let body = Wire { error: code, error_description: description };
        let mut response = Response::builder()
            .status(status)
            .header(header::CONTENT_TYPE, "application/json")
            .body(serde_json::to_vec(&body).unwrap_or_default());
        if code == ErrorCode::TemporarilyUnavailable {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if challenge {
            let basic = HeaderValue::from_static(r#"Basic realm="tandem", charset="UTF-8""#);
            response.headers_mut().insert(header::WWW_AUTHENTICATE, basic);
        }
        response
    }
}

impl From<OAuthError> for poem::Error {
    fn from(error: OAuthError) -> Self {
        Self::from_response(error.respond())
    }
}

/// Turns a failed exchange into an answer; the cause of a failure of ours goes the way of problems,
/// which are logged.
pub(super) fn refuse_exchange(error: ExchangeError) -> poem::Error {
    match error {
        ExchangeError::InvalidGrant => no_session().into(),
        ExchangeError::Service(error) => Problem::from(error).into(),
    }
}

/// The same for a client that did not prove itself; `basic`: by `client_secret_basic`.
pub(super) fn refuse_client(error: ClientError, basic: bool) -> poem::Error {
    match error {
        ClientError::Invalid => OAuthError::invalid_client(basic).into(),
        ClientError::Service(error) => Problem::from(error).into(),
    }
}

/// Missing, unknown, expired, ended: byte for byte the same.
pub(super) const fn no_session() -> OAuthError {
    OAuthError::new(ErrorCode::InvalidGrant, "there is no session: log in")
}
