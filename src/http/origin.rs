//! Whose page is asking: the Origin rule and CORS (Fetch standard).

use poem::{
    FromRequest, Request, RequestBody, Result,
    http::{HeaderMap, HeaderName, HeaderValue, header},
};

use super::caller::Context;
use crate::domain::origin::Origin;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Where a request says it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Our own origin or an allowed one.
    Allowed,
    /// It does not say, and no browser says that another site made it.
    Absent,
    /// Another site, a sibling host that is not listed, `null`, or unreadable.
    Foreign,
}

/// Whose page is asking, as an operation's argument.
#[derive(Clone, Copy)]
pub(super) struct Page(Verdict);

impl Page {
    /// True for our own and the allowed origins, named by the request. For operations that only a
    /// cookie authorizes: every browser names the origin of what changes something.
    pub(super) fn is_allowed(self) -> bool {
        self.0 == Verdict::Allowed
    }
}

impl<'a> FromRequest<'a> for Page {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        Ok(Self(Context::of(request)?.verdict))
    }
}

/// Knows our own and the allowed origins.
#[derive(Clone, Debug)]
pub(super) struct OriginRule {
    own: Origin,
    allowed: Vec<Origin>,
}

impl OriginRule {
    pub(super) const fn new(own: Origin, allowed: Vec<Origin>) -> Self {
        Self { own, allowed }
    }

    /// Judges a request by `Origin`, or without one by `Sec-Fetch-Site`. Unknown values of the
    /// latter say nothing (Fetch Metadata section 2).
    pub(super) fn judge(&self, headers: &HeaderMap) -> Verdict {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        match (origins.next(), origins.next()) {
            (Some(origin), None) if self.is_allowed(origin) => Verdict::Allowed,
            (Some(_), _) => Verdict::Foreign,
            (None, _) => match headers.get(SEC_FETCH_SITE).map(HeaderValue::as_bytes) {
                Some(b"cross-site" | b"same-site") => Verdict::Foreign,
                _ => Verdict::Absent,
            },
        }
    }

    fn is_allowed(&self, origin: &HeaderValue) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        self.own.as_str() == origin
            || self.allowed.iter().any(|allowed| allowed.as_str() == origin)
            || (self.own.is_loopback() && is_local_page(origin))
    }
}

/// During development the page is served from another port of the same machine.
fn is_local_page(origin: &str) -> bool {
    Origin::parse(origin).is_ok_and(|origin| {
        !origin.scheme_is_https() && matches!(origin.host(), "localhost" | "127.0.0.1" | "[::1]")
    })
}

/// Headers that scripts of an allowed origin may read.
const EXPOSED: HeaderValue =
    HeaderValue::from_static("Date, Retry-After, WWW-Authenticate, X-Request-Id");
const TRUE: HeaderValue = HeaderValue::from_static("true");

/// Lets the page at `origin`, which was judged allowed, read the answer.
pub(super) fn allow(answer: &mut HeaderMap, origin: HeaderValue) {
    answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    answer.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
    answer.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}

/// Answers a preflight. Lists, never `*`: with credentials that would not mean everything.
/// `is_own`: for the routes of an API that has us in its process.
pub(super) fn allow_preflight(answer: &mut HeaderMap, is_own: bool) {
    let list = HeaderValue::from_static;
    let methods = if is_own { "GET, POST, PUT, PATCH, DELETE" } else { "GET, POST, DELETE" };
    answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, list(methods));
    answer.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        list("Authorization, Content-Type, X-Request-Id"),
    );
    answer.insert(header::ACCESS_CONTROL_MAX_AGE, list("600"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(own: &str) -> OriginRule {
        let allowed = vec![Origin::parse("https://ui.example.com").unwrap()];
        OriginRule::new(Origin::parse(own).unwrap(), allowed)
    }

    fn judge(own: &str, headers: &[(&'static str, &[u8])]) -> Verdict {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        rule(own).judge(&map)
    }

    #[test]
    fn only_exact_origins_are_allowed() {
        let own = "https://api.example.com";
        for good in [own, "https://ui.example.com"] {
            assert_eq!(judge(own, &[("origin", good.as_bytes())]), Verdict::Allowed);
        }
        for bad in [
            "null",
            "",
            "https://evil.example",
            "https://ui.example.com.evil.example",
            "https://evil-ui.example.com",
            "http://ui.example.com",
            "https://ui.example.com:444",
            "https://UI.example.com",
            "https://ui.example.com/",
            "https://ui.example.com.",
            "http://localhost:5173",
            "https://ui.example.com https://evil.example",
        ] {
            assert_eq!(judge(own, &[("origin", bad.as_bytes())]), Verdict::Foreign, "{bad}");
        }
        assert_eq!(judge(own, &[("origin", b"https://\xff.example")]), Verdict::Foreign);
        let two: [(&str, &[u8]); 2] = [("origin", own.as_bytes()), ("origin", own.as_bytes())];
        assert_eq!(judge(own, &two), Verdict::Foreign);
    }

    #[test]
    fn fetch_metadata_speaks_where_origin_is_silent() {
        let own = "https://api.example.com";
        for (site, verdict) in [
            ("cross-site", Verdict::Foreign),
            ("same-site", Verdict::Foreign),
            ("same-origin", Verdict::Absent),
            ("none", Verdict::Absent),
            ("banana", Verdict::Absent),
        ] {
            assert_eq!(judge(own, &[("sec-fetch-site", site.as_bytes())]), verdict, "{site}");
        }
        let both: [(&str, &[u8]); 2] =
            [("origin", b"https://ui.example.com"), ("sec-fetch-site", b"same-site")];
        assert_eq!(judge(own, &both), Verdict::Allowed);
        assert_eq!(judge(own, &[]), Verdict::Absent);
    }

    #[test]
    fn on_loopback_every_local_port_is_own() {
        let own = "http://localhost:8080";
        for good in ["http://localhost:5173", "http://127.0.0.1", "http://[::1]:3000"] {
            assert_eq!(judge(own, &[("origin", good.as_bytes())]), Verdict::Allowed);
        }
        for bad in ["https://localhost:5173", "http://localhost.evil.example", "http://10.0.0.1"] {
            assert_eq!(judge(own, &[("origin", bad.as_bytes())]), Verdict::Foreign);
        }
    }
}
