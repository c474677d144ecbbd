//! Problems (RFC 9457): the one place where a failure gets its status and code.

use std::fmt::Display;

use hyper::body::Bytes;
use poem::{
    IntoResponse, Response,
    error::{MethodNotAllowedError, NotFoundError, ReadBodyError},
    http::{HeaderName, HeaderValue, StatusCode, header},
};
use poem_openapi::error::ParseParamError;
use serde::Serialize;

use crate::{
    domain::origin::Origin,
    service::{
        AccessError, ChangePasswordError, LoginError, RefreshError, RegisterError, ServiceError,
    },
};

/// Where a refusal of `verify` stands a second time.
const X_AUTH_PROBLEM: HeaderName = HeaderName::from_static("x-auth-problem");

/// The closed set of codes that the outside sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Code {
    InvalidRequest,
    InvalidCredentials,
    Unauthenticated,
    AccessExpired,
    InvalidToken,
    OriginNotAllowed,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    PayloadTooLarge,
    UnsupportedMediaType,
    ValidationFailed,
    TooManyRequests,
    Internal,
    Unavailable,
}

impl Code {
    pub(crate) const ALL: [Self; 15] = [
        Self::InvalidRequest,
        Self::InvalidCredentials,
        Self::Unauthenticated,
        Self::AccessExpired,
        Self::InvalidToken,
        Self::OriginNotAllowed,
        Self::Forbidden,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::PayloadTooLarge,
        Self::UnsupportedMediaType,
        Self::ValidationFailed,
        Self::TooManyRequests,
        Self::Internal,
        Self::Unavailable,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidCredentials => "invalid_credentials",
            Self::Unauthenticated => "unauthenticated",
            Self::AccessExpired => "access_expired",
            Self::InvalidToken => "invalid_token",
            Self::OriginNotAllowed => "origin_not_allowed",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::PayloadTooLarge => "payload_too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::ValidationFailed => "validation_failed",
            Self::TooManyRequests => "too_many_requests",
            Self::Internal => "internal",
            Self::Unavailable => "unavailable",
        }
    }

    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Self::InvalidRequest => StatusCode::BAD_REQUEST,
            Self::InvalidCredentials
            | Self::Unauthenticated
            | Self::AccessExpired
            | Self::InvalidToken => StatusCode::UNAUTHORIZED,
            Self::OriginNotAllowed | Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::ValidationFailed => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Constant for its code (RFC 9457 section 3.1.3).
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::InvalidRequest => "The request cannot be read",
            Self::InvalidCredentials => "The address or the password is wrong",
            Self::Unauthenticated => "Authentication is needed",
            Self::AccessExpired => "The access tokens have expired",
            Self::InvalidToken => "The tokens are not valid",
            Self::OriginNotAllowed => "This origin may not call this operation",
            Self::Forbidden => "This is not allowed",
            Self::NotFound => "There is nothing here",
            Self::MethodNotAllowed => "This method is not supported here",
            Self::PayloadTooLarge => "The request body is too large",
            Self::UnsupportedMediaType => "The request body has the wrong type",
            Self::ValidationFailed => "Some values are not acceptable",
            Self::TooManyRequests => "Too many requests",
            Self::Internal => "Something went wrong here",
            Self::Unavailable => "The service cannot answer right now",
        }
    }
}

/// What is wrong with one member of a request body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct FieldError {
    pub(crate) field: &'static str,
    pub(crate) message: String,
}

/// An answer that is not what was asked for.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.code.as_str())]
pub(crate) struct Problem {
    pub(crate) code: Code,
    detail: Option<&'static str>,
    errors: Vec<FieldError>,
    cookies: Vec<HeaderValue>,
    /// The body stands in a header as well.
    in_header: bool,
    /// For the log, never for the answer.
    cause: Option<String>,
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self {
            code,
            detail: None,
            errors: Vec::new(),
            cookies: Vec::new(),
            in_header: false,
            cause: None,
        }
    }
}

impl Problem {
    pub(crate) fn with_detail(code: Code, detail: &'static str) -> Self {
        Self { detail: Some(detail), ..code.into() }
    }

    pub(crate) fn validation(errors: Vec<FieldError>) -> Self {
        Self { errors, ..Code::ValidationFailed.into() }
    }

    pub(crate) fn field(field: &'static str, message: impl Display) -> Self {
        Self::validation(vec![FieldError { field, message: message.to_string() }])
    }

    /// The same, with what is wrong besides.
    pub(crate) fn and<T>(mut self, other: Result<T, Self>) -> Self {
        if let Err(other) = other {
            self.errors.extend(other.errors);
        }
        self
    }

    /// A failure of ours.
    pub(crate) fn caused(code: Code, cause: impl Display) -> Self {
        Self { cause: Some(cause.to_string()), ..code.into() }
    }

    pub(crate) const fn detail(&self) -> Option<&'static str> {
        self.detail
    }

    /// Writes the cause of a failure of ours, once, under the request's name.
    pub(crate) fn log(&self, request_id: &str) {
        let Some(cause) = &self.cause else { return };
        if self.code == Code::Unavailable {
            tracing::warn!(request_id, cause, "a request could not be served");
        } else {
            tracing::error!(request_id, cause, "a request failed");
        }
    }

    /// The same, setting `cookies`.
    pub(crate) fn with_cookies(self, cookies: Vec<HeaderValue>) -> Self {
        Self { cookies, ..self }
    }

    /// The same, its body in a header as well: nginx throws the body of such an answer away.
    pub(crate) fn told_in_a_header(self) -> Self {
        Self { in_header: true, ..self }
    }

    /// Dresses any failure of the framework.
    pub(crate) fn of_error(error: poem::Error) -> Self {
        let error = match error.downcast::<Self>() {
            Ok(problem) => return problem,
            Err(error) => error,
        };
        if error.is::<NotFoundError>() {
            return Code::NotFound.into();
        }
        if error.is::<MethodNotAllowedError>() {
            return Code::MethodNotAllowed.into();
        }
        if let Some(error) = error.downcast_ref::<ParseParamError>() {
            return Self::field(error.name, "does not have the documented form");
        }
        if let Some(ReadBodyError::PayloadTooLarge) = error.downcast_ref() {
            return Code::PayloadTooLarge.into();
        }
        let status = error.status();
        if status.is_client_error() {
            return Code::ALL
                .into_iter()
                .find(|code| code.status() == status && *code != Code::InvalidCredentials)
                .unwrap_or(Code::InvalidRequest)
                .into();
        }
        Self::caused(Code::Internal, error)
    }

    /// The answer. `type` lies under the service's own origin.
    pub(crate) fn respond(self, origin: &Origin, request_id: &str) -> Response {
        let Self { code, detail, errors, cookies, in_header, cause: _ } = self;
        let status = code.status();
        let body = Wire {
            r#type: format!("{origin}/problems/{}", code.as_str().replace('_', "-")),
            title: code.title(),
            status: status.as_u16(),
            code,
            detail,
            errors,
            request_id,
        };
        let body = Bytes::from(serde_json::to_vec(&body).unwrap_or_default());
        let header = in_header.then(|| HeaderValue::from_maybe_shared(body.clone()));
        let mut response = Response::builder()
            .status(status)
            .header(header::CONTENT_TYPE, "application/problem+json")
            .body(body);
        let headers = response.headers_mut();
        if let Some(challenge) = challenge(code) {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if code == Code::Unavailable {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Some(Ok(body)) = header {
            headers.insert(X_AUTH_PROBLEM, body);
        }
        for cookie in cookies {
            headers.append(header::SET_COOKIE, cookie);
        }
        response
    }
}

/// RFC 6750 section 3: no `error` where no credentials were shown.
const fn challenge(code: Code) -> Option<&'static str> {
    match code {
        Code::Unauthenticated | Code::InvalidCredentials => Some(r#"Bearer realm="tandem""#),
        Code::InvalidToken | Code::AccessExpired => {
            Some(r#"Bearer realm="tandem", error="invalid_token""#)
        }
        Code::InvalidRequest
        | Code::OriginNotAllowed
        | Code::Forbidden
        | Code::NotFound
        | Code::MethodNotAllowed
        | Code::PayloadTooLarge
        | Code::UnsupportedMediaType
        | Code::ValidationFailed
        | Code::TooManyRequests
        | Code::Internal
        | Code::Unavailable => None,
    }
}

#[derive(Serialize)]
struct Wire<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    code: Code,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    request_id: &'a str,
}

impl From<Problem> for poem::Error {
    fn from(problem: Problem) -> Self {
        let status = problem.code.status();
        Self::new(problem, status)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        poem::Error::from(self).into_response()
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        let code = if error.is_temporary() { Code::Unavailable } else { Code::Internal };
        Self::caused(code, error)
    }
}

impl From<AccessError> for Problem {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Unauthenticated => Code::Unauthenticated.into(),
            AccessError::Invalid => Code::InvalidToken.into(),
            AccessError::Expired => Code::AccessExpired.into(),
        }
    }
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Closed => Self::with_detail(Code::Forbidden, "registration is closed"),
            RegisterError::Password(error) => Self::field("password", error),
            RegisterError::Service(error) => error.into(),
        }
    }
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::InvalidCredentials => Code::InvalidCredentials.into(),
            LoginError::Service(error) => error.into(),
        }
    }
}

impl From<ChangePasswordError> for Problem {
    fn from(error: ChangePasswordError) -> Self {
        match error {
            ChangePasswordError::WrongPassword => {
                Self::field("current_password", "this is not the current password")
            }
            ChangePasswordError::Password(error) => Self::field("new_password", error),
            ChangePasswordError::Gone => Code::InvalidToken.into(),
            ChangePasswordError::Service(error) => error.into(),
        }
    }
}

impl Problem {
    /// `expired`: the cookies that expire those of the session.
    pub(crate) fn of_refresh(error: RefreshError, expired: Vec<HeaderValue>) -> Self {
        match error {
            RefreshError::Access(error) => error.into(),
            RefreshError::Refused | RefreshError::Reuse { expire_cookies: false } => {
                Code::InvalidToken.into()
            }
            RefreshError::Reuse { expire_cookies: true } => {
                Self::from(Code::InvalidToken).with_cookies(expired)
            }
            RefreshError::Service(error) => error.into(),
        }
    }
}
