//! The address under which browsers reach the service.

use thiserror::Error;

use crate::domain::origin::{Origin, OriginError};

/// The origin that browsers use: https, or plain http on a loopback host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(Origin);

/// Why a text is not a public URL; the message says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PublicUrlError {
    /// Not an origin.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// Cookies and tokens would cross the network in the clear.
    #[error("use https: plain http is for loopback hosts only")]
    PlainHttp,
}

impl PublicUrl {
    /// Reads an exact origin; one slash after it is tolerated.
    pub fn parse(text: &str) -> Result<Self, PublicUrlError> {
        let origin = Origin::parse(text.strip_suffix('/').unwrap_or(text))?;
        if origin.scheme_is_https() || origin.is_loopback() {
            Ok(Self(origin))
        } else {
            Err(PublicUrlError::PlainHttp)
        }
    }

    /// The URL without a slash at its end; the issuer of tokens.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The origin.
    pub const fn origin(&self) -> &Origin {
        &self.0
    }

    /// Whether the host is `localhost`, an address in 127.0.0.0/8 or `[::1]`.
    pub fn is_loopback(&self) -> bool {
        self.0.is_loopback()
    }

    /// Whether the scheme is `https`; only then can cookies be `Secure`.
    pub const fn is_https(&self) -> bool {
        self.0.scheme_is_https()
    }

    /// The same scheme and host with another port, for a listener that was given a free one.
    pub fn with_port(&self, port: u16) -> Self {
        Self(self.0.with_port(port))
    }

    pub(super) fn localhost(port: u16) -> Self {
        Self(Origin::localhost(port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_or_loopback() {
        for (text, expected) in [
            ("https://auth.example.com", Ok("https://auth.example.com")),
            ("https://auth.example.com/", Ok("https://auth.example.com")),
            ("http://localhost:8080/", Ok("http://localhost:8080")),
            ("http://127.0.0.1", Ok("http://127.0.0.1")),
            ("http://auth.example.com", Err(PublicUrlError::PlainHttp)),
            ("http://192.168.0.1", Err(PublicUrlError::PlainHttp)),
            ("https://auth.example.com//", Err(OriginError::Path.into())),
            ("https://example.com/auth", Err(OriginError::Path.into())),
            ("", Err(OriginError::Scheme.into())),
            ("/", Err(OriginError::Scheme.into())),
        ] {
            let read = PublicUrl::parse(text);
            assert_eq!(read.as_ref().map(PublicUrl::as_str), expected.as_ref().copied(), "{text}");
        }
    }
}
