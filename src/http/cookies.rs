//! The cookies of the cookie half (draft-ietf-httpbis-rfc6265bis).

use std::time::Duration;

use poem::http::HeaderValue;

use crate::{domain::origin::Origin, service::Grant};

/// The refresh cookie goes nowhere else.
const REFRESH_PATH: &str = "/api/auth/refresh";

/// The cookies' names and attributes, which follow the scheme of the public origin: on plain http
/// browsers take neither prefix nor `Secure`.
#[derive(Clone, Debug)]
pub(super) struct CookieNames {
    /// `__Host-` where the path may be `/`: a sibling host cannot plant it.
    pub(super) access: &'static str,
    /// `__Secure-`: `__Host-` would forbid its path.
    pub(super) refresh: &'static str,
    secure: &'static str,
}

impl CookieNames {
    pub(super) fn for_origin(origin: &Origin) -> Self {
        if origin.scheme_is_https() {
            Self {
                access: "__Host-tandem-access",
                refresh: "__Secure-tandem-refresh",
                secure: "; Secure",
            }
        } else {
            Self { access: "tandem-access", refresh: "tandem-refresh", secure: "" }
        }
    }

    /// The cookie half of a grant. Both live as long as the session can be refreshed: refresh must
    /// present the expired access token too.
    pub(super) fn set(&self, grant: &Grant) -> Vec<HeaderValue> {
        let life = grant.refresh_expires_in;
        vec![
            self.cookie(self.access, "/", &grant.cookie.access, life),
            self.cookie(self.refresh, REFRESH_PATH, &grant.cookie.refresh, life),
        ]
    }

    /// Expires every cookie, each by its own name and path.
    pub(super) fn expire(&self) -> Vec<HeaderValue> {
        vec![
            self.cookie(self.access, "/", "", Duration::ZERO),
            self.cookie(self.refresh, REFRESH_PATH, "", Duration::ZERO),
        ]
    }

    fn cookie(&self, name: &str, path: &str, value: &str, life: Duration) -> HeaderValue {
        let (age, secure) = (life.as_secs(), self.secure);
        let text = format!(
            "{name}={value}; Path={path}; Max-Age={age}{secure}; HttpOnly; SameSite=Strict"
        );
        let mut header = HeaderValue::try_from(text)
            // Tokens are base64url: this cannot happen, and an empty header would do no harm.
            .unwrap_or_else(|_| HeaderValue::from_static(""));
        // Keeps it out of `Debug` and of HTTP/2's compression tables.
        header.set_sensitive(true);
        header
    }
}
