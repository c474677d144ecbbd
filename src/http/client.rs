//! How a machine client says who it is: RFC 6749 section 2.3.1, RFC 7521 section 4.2.

use base64::{Engine, engine::general_purpose::STANDARD};
use poem::http::{HeaderMap, header};
use zeroize::Zeroizing;

use super::{
    oauth::{ErrorCode, OAuthError},
    payload::ClientParameters,
};
use crate::service::ClientProof;

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What a client shows of itself, in one way.
pub(super) enum Shown {
    /// `client_secret_basic`.
    Basic { id: String, secret: Zeroizing<String> },
    /// `client_secret_post`.
    Post { id: String, secret: Zeroizing<String> },
    /// `private_key_jwt`.
    Assertion { id: Option<String>, assertion: Zeroizing<String> },
}

impl Shown {
    /// Reads it. More than one way is one too many (RFC 6749 section 2.3).
    pub(super) fn read(
        headers: &HeaderMap,
        parameters: &ClientParameters,
    ) -> Result<Self, OAuthError> {
        let ClientParameters { client_id, client_secret, client_assertion_type, client_assertion } =
            parameters;
        let secret = |text: &String| Zeroizing::new(text.clone());
        let shown = match (basic(headers)?, client_secret, client_assertion) {
            (Some((id, _)), None, None) if client_id.as_ref().is_some_and(|other| *other != id) => {
                return Err(two_ways());
            }
            (Some((id, secret)), None, None) => Self::Basic { id, secret },
            (None, Some(text), None) => {
                let id = client_id.clone().ok_or(OAuthError::invalid_request(
                    "client_id is missing beside client_secret",
                ))?;
                Self::Post { id, secret: secret(text) }
            }
            (None, None, Some(text)) => {
                if client_assertion_type.as_deref() != Some(JWT_BEARER) {
                    return Err(OAuthError::invalid_request(
                        "client_assertion_type is to be \
                         urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                    ));
                }
                Self::Assertion { id: client_id.clone(), assertion: secret(text) }
            }
            (None, None, None) => return Err(OAuthError::invalid_client(false)),
            _ => return Err(two_ways()),
        };
        Ok(shown)
    }

    pub(super) fn proof(&self) -> ClientProof<'_> {
        match self {
            Self::Basic { id, secret } | Self::Post { id, secret } => {
                ClientProof::Secret { id, secret }
            }
            Self::Assertion { id, assertion } => {
                ClientProof::Assertion { id: id.as_deref(), assertion }
            }
        }
    }

    /// True if the answer to a wrong one has to name the scheme (RFC 6749 section 5.2).
    pub(super) const fn is_basic(&self) -> bool {
        matches!(self, Self::Basic { .. })
    }
}

const fn two_ways() -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, "the client authenticates in more than one way")
}

/// `Authorization: Basic`; both parts are form-encoded before they are joined.
fn basic(headers: &HeaderMap) -> Result<Option<(String, Zeroizing<String>)>, OAuthError> {
    let mut lines = headers.get_all(header::AUTHORIZATION).iter();
    let Some(line) = lines.next() else { return Ok(None) };
    if lines.next().is_some() {
        return Err(two_ways());
    }
    let read = || {
        let (scheme, encoded) = line.to_str().ok()?.split_once(' ')?;
        let decoded = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(encoded))?;
        let text = Zeroizing::new(String::from_utf8(decoded.ok()?).ok()?);
        let (id, secret) = text.split_once(':')?;
        Some((form_decoded(id)?, Zeroizing::new(form_decoded(secret)?)))
    };
    read().map(Some).ok_or(OAuthError::invalid_client(true))
}

fn form_decoded(text: &str) -> Option<String> {
    if text.contains(['&', '=']) {
        return None;
    }
    let (value, _) = form_urlencoded::parse(text.as_bytes()).next()?;
    Some(value.into_owned())
}

#[cfg(test)]
mod tests {
    use poem::http::HeaderValue;

    use super::*;

    fn read(line: Option<&str>, parameters: &ClientParameters) -> Result<Shown, OAuthError> {
        let mut headers = HeaderMap::new();
        if let Some(line) = line {
            headers.insert(header::AUTHORIZATION, HeaderValue::from_str(line).unwrap());
        }
        Shown::read(&headers, parameters)
    }

    fn encoded(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    fn parameters(id: Option<&str>, secret: Option<&str>) -> ClientParameters {
        let text = |text: Option<&str>| text.map(str::to_owned);
        ClientParameters {
            client_id: text(id),
            client_secret: text(secret),
            client_assertion_type: None,
            client_assertion: None,
        }
    }

    #[test]
    fn basic_is_decoded_twice() {
        let none = || parameters(None, None);
        for line in [encoded("a%2Db:s%5Fx"), encoded("a-b:s_x").replace("Basic", "bAsIc")] {
            let Ok(Shown::Basic { id, secret }) = read(Some(&line), &none()) else { panic!() };
            assert_eq!((id.as_str(), secret.as_str()), ("a-b", "s_x"));
        }
        for bad in ["Basic", "Basic !", "Bearer x", &encoded("ab"), &encoded("a&b:c"), ""] {
            assert!(read(Some(bad), &none()).is_err(), "{bad}");
        }
    }

    #[test]
    fn one_way_is_enough_and_two_are_too_many() {
        let basic = encoded("a:s");
        assert!(read(Some(&basic), &parameters(Some("a"), None)).is_ok());
        assert!(read(Some(&basic), &parameters(Some("b"), None)).is_err());
        assert!(read(Some(&basic), &parameters(Some("a"), Some("s"))).is_err());
        assert!(read(None, &parameters(Some("a"), Some("s"))).is_ok());
        assert!(read(None, &parameters(None, Some("s"))).is_err());
        assert!(read(None, &parameters(Some("a"), None)).is_err());
        let assertion = |ty: Option<&str>, secret| {
            let mut parameters = parameters(None, secret);
            parameters.client_assertion_type = ty.map(str::to_owned);
            parameters.client_assertion = Some("x".to_owned());
            parameters
        };
        assert!(read(None, &assertion(Some(JWT_BEARER), None)).is_ok());
        assert!(read(None, &assertion(Some("other"), None)).is_err());
        assert!(read(None, &assertion(None, None)).is_err());
        assert!(read(None, &assertion(Some(JWT_BEARER), Some("s"))).is_err());
        assert!(read(Some(&basic), &assertion(Some(JWT_BEARER), None)).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_read_or_refused(
            line in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..100),
            decoded in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..100),
        ) {
            let encoded = format!("Basic {}", STANDARD.encode(&decoded)).into_bytes();
            for line in [line, encoded] {
                let Ok(value) = HeaderValue::from_bytes(&line) else { continue };
                let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value)]);
                let shown = Shown::read(&headers, &parameters(None, None));
                proptest::prop_assert!(matches!(shown, Ok(Shown::Basic { .. }) | Err(_)));
            }
        }
    }
}
