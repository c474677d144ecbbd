//! The cookies: of the cookie half, and of the session flow (draft-ietf-httpbis-rfc6265bis).

use std::time::Duration;

use poem::http::HeaderValue;

use crate::{
    domain::origin::Origin,
    service::{Grant, RenewalTokens},
};

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
    /// `__Host-`: it goes everywhere, but only `/iam` reads it.
    pub(super) session: &'static str,
    secure: &'static str,
}

impl CookieNames {
    pub(super) fn for_origin(origin: &Origin) -> Self {
        if origin.scheme_is_https() {
            Self {
                access: "__Host-tandem-access",
                refresh: "__Secure-tandem-refresh",
                session: "__Host-tandem-session",
                secure: "; Secure",
            }
        } else {
            Self {
                access: "tandem-access",
                refresh: "tandem-refresh",
                session: "tandem-session",
                secure: "",
            }
        }
    }

    /// The cookies of a grant. Both live as long as the session can be renewed: refresh must present
    /// the expired access token too.
    pub(super) fn set(&self, grant: &Grant) -> Vec<HeaderValue> {
        let life = grant.renewable_for;
        vec![self.access(&grant.access.cookie, life), self.renewal(&grant.renewal, life)]
    }

    /// The same, in a browser that may hold those of the other flow: they go.
    pub(super) fn replace(&self, grant: &Grant) -> Vec<HeaderValue> {
        let other = match grant.renewal {
            RenewalTokens::Refresh { .. } => self.cookie(self.session, "/", "", Duration::ZERO),
            RenewalTokens::Session(_) => {
                self.cookie(self.refresh, REFRESH_PATH, "", Duration::ZERO)
            }
        };
        let mut cookies = self.set(grant);
        cookies.push(other);
        cookies
    }

    /// The cookie half of an access pair.
    pub(super) fn access(&self, token: &str, life: Duration) -> HeaderValue {
        self.cookie(self.access, "/", token, life)
    }

    /// The cookie that renews a session.
    pub(super) fn renewal(&self, tokens: &RenewalTokens, life: Duration) -> HeaderValue {
        match tokens {
            RenewalTokens::Refresh { cookie, .. } => {
                self.cookie(self.refresh, REFRESH_PATH, cookie, life)
            }
            RenewalTokens::Session(cookie) => self.cookie(self.session, "/", cookie, life),
        }
    }

    /// Expires every cookie, each by its own name and path.
    pub(super) fn expire(&self) -> Vec<HeaderValue> {
        let mut cookies = self.expire_pair();
        cookies.push(self.cookie(self.session, "/", "", Duration::ZERO));
        cookies
    }

    /// Expires those of the cookie half.
    pub(super) fn expire_pair(&self) -> Vec<HeaderValue> {
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
