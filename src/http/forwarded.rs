//! A reverse proxy's question: may the request that it holds back go on?
//!
//! What the proxy tells about that request makes the answer laxer in one place only: a page of a
//! foreign origin may read. So a client that reaches `verify` itself, or whose own headers a careless
//! proxy passes on, gains no more than by not sending `Origin` at all.

use poem::http::{HeaderMap, HeaderName};

use super::problem::{Code, Problem};
use crate::domain::requirement::{Lacking, Requirement, RequirementError};

/// What Caddy and Traefik say, and what nginx is told to say by convention.
const ORIGINAL_METHOD: [HeaderName; 2] =
    [HeaderName::from_static("x-forwarded-method"), HeaderName::from_static("x-original-method")];

/// Whether the request that is held back may come from a foreign page: only if all that is told about
/// its method is one and the same of those that change nothing.
pub(super) fn only_reads(headers: &HeaderMap) -> bool {
    let mut told = ORIGINAL_METHOD.into_iter().flat_map(|name| headers.get_all(name));
    told.next().is_some_and(|method| {
        matches!(method.as_bytes(), b"GET" | b"HEAD" | b"OPTIONS")
            && told.all(|other| other == method)
    })
}

/// What the query asks for.
pub(super) fn requirement(query: Option<&str>) -> Result<Requirement<'_>, Problem> {
    let parameters = query.into_iter().filter(|query| !query.is_empty());
    let parameters = parameters.flat_map(|query| query.split('&'));
    let parameters = parameters.map(|part| part.split_once('=').unwrap_or((part, "")));
    Requirement::parse(parameters).map_err(Problem::from)
}

/// A mistake in the proxy's configuration. It knows no `400`, and nobody may pass until it is mended.
impl From<RequirementError> for Problem {
    fn from(error: RequirementError) -> Self {
        let detail = match error {
            RequirementError::Role => {
                "the proxy asks for a `role` that is no list of roles with commas between them"
            }
            RequirementError::Scope => {
                "the proxy asks for a `scope` that is no list of scopes with commas between them"
            }
            RequirementError::Twice => "the proxy asks for `role` or `scope` twice",
            RequirementError::Unknown => {
                "the proxy asks with a query parameter that is neither `role` nor `scope`"
            }
        };
        Self::with_detail(Code::Forbidden, detail)
    }
}

impl From<Lacking> for Problem {
    fn from(lacking: Lacking) -> Self {
        let detail = match lacking {
            Lacking::Role => "the required role is missing",
            Lacking::Scope => "the required scope is missing",
        };
        Self::with_detail(Code::Forbidden, detail)
    }
}

#[cfg(test)]
mod tests {
    use poem::http::HeaderValue;

    use super::*;

    fn only_reads(told: &[(&'static str, &[u8])]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in told {
            headers.append(*name, HeaderValue::from_bytes(value).unwrap());
        }
        super::only_reads(&headers)
    }

    const FORWARDED: &str = "x-forwarded-method";
    const ORIGINAL: &str = "x-original-method";

    #[test]
    fn methods_that_change_nothing_only_read() {
        for name in [FORWARDED, ORIGINAL] {
            for method in [&b"GET"[..], b"HEAD", b"OPTIONS"] {
                assert!(only_reads(&[(name, method)]));
            }
            for method in
                [&b"POST"[..], b"DELETE", b"TRACE", b"get", b"GET ", b"GET, GET", b"", b"\xff"]
            {
                assert!(!only_reads(&[(name, method)]), "{method:?}");
            }
        }
    }

    #[test]
    fn nothing_told_may_be_anything() {
        assert!(!only_reads(&[]));
    }

    #[test]
    fn who_tells_two_things_is_not_believed() {
        assert!(only_reads(&[(FORWARDED, b"GET"), (ORIGINAL, b"GET")]));
        for (one, other) in [(&b"GET"[..], &b"POST"[..]), (b"POST", b"GET"), (b"GET", b"get")] {
            assert!(!only_reads(&[(FORWARDED, one), (ORIGINAL, other)]));
            assert!(!only_reads(&[(FORWARDED, one), (FORWARDED, other)]));
        }
        assert!(!only_reads(&[(FORWARDED, b"GET"), (ORIGINAL, b"HEAD")]));
    }

    #[test]
    fn a_query_without_parameters_asks_for_nothing() {
        for query in [None, Some("")] {
            assert_eq!(requirement(query).unwrap(), Requirement::default());
        }
        for bad in ["&", "role", "=", "role&", "&role=a", "page=2", "role=a&page=2", "role=a;b"] {
            assert_eq!(requirement(Some(bad)).unwrap_err().code, Code::Forbidden);
        }
    }
}
