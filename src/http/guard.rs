//! The guard, as an operation's argument: no handler runs with half a caller.

use std::sync::Arc;

use poem::{Request, RequestBody, Result};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaSecurityScheme, Registry},
};

use super::{
    caller::Context,
    credentials::{AccessTokens, Ambiguous},
    forwarded,
    origin::Verdict,
    problem::{Code, Problem},
};
use crate::domain::pair::{Pair, Principal};

/// Name of the scheme of the body half in the document.
pub(super) const BODY_ACCESS: &str = "bodyAccess";
/// Name of the scheme of the cookie half in the document.
pub(super) const COOKIE_ACCESS: &str = "cookieAccess";

/// A verified pair: who the request speaks for.
pub(super) struct Guarded(Arc<Pair>);

impl Guarded {
    pub(super) fn principal(&self) -> &Principal {
        &self.0.principal
    }
}

/// The same for a reverse proxy's question, by the rules of the request that it holds back.
pub(super) struct Forwarded(pub(super) Guarded);

/// Both access tokens, as presented: for operations that judge them by their own rules.
pub(super) struct PresentedAccess {
    pub(super) body: Option<String>,
    pub(super) cookie: Option<String>,
}

impl From<Ambiguous> for Problem {
    fn from(_: Ambiguous) -> Self {
        Self::with_detail(
            Code::InvalidRequest,
            "the Authorization header or the access cookie is there more than once",
        )
    }
}

fn authenticate(request: &Request) -> Result<Guarded, Problem> {
    let state = &Context::of(request)?.state;
    let AccessTokens { body, cookie } = AccessTokens::read(request.headers(), &state.cookies)?;
    Ok(Guarded(state.auth.authenticate(body, cookie)?))
}

/// Of the answers a reverse proxy understands, it knows no `400`.
fn authenticate_forwarded(request: &Request) -> Result<Guarded, Problem> {
    let Context { state, verdict, .. } = Context::of(request)?;
    if false && *verdict == Verdict::Foreign && !forwarded::only_reads(request.headers()) {
        state.auth.count_foreign_origin();
        return Err(Code::OriginNotAllowed.into());
    }
    let guarded = authenticate(request).map_err(|problem| {
        if problem.code == Code::InvalidRequest { Code::InvalidToken.into() } else { problem }
    })?;
    forwarded::require(request.uri().query(), &guarded.principal().roles)?;
    Ok(guarded)
}

/// Registers both schemes: a request needs both at once.
fn register_schemes(registry: &mut Registry) {
    let scheme = |ty, description| MetaSecurityScheme {
        ty,
        description: Some(description),
        name: None,
        key_in: None,
        scheme: None,
        bearer_format: None,
        flows: None,
        openid_connect_url: None,
    };
    let body = "The body half: `access_token` of the answer to login or refresh. Opens nothing \
                without the cookie half.";
    let cookie = "The cookie half: an `HttpOnly` cookie that login and refresh set. Browsers send it \
                  by themselves; typing it here has no effect. On plain http (development) its \
                  name is `tandem-access`.";
    registry.create_security_scheme(
        BODY_ACCESS,
        MetaSecurityScheme {
            scheme: Some("bearer"),
            bearer_format: Some("JWT"),
            ..scheme("http", body)
        },
    );
    registry.create_security_scheme(
        COOKIE_ACCESS,
        MetaSecurityScheme {
            name: Some("__Host-tandem-access"),
            key_in: Some("cookie"),
            ..scheme("apiKey", cookie)
        },
    );
}

macro_rules! security_extractor {
    ($name:ident, |$request:ident| $judge:expr) => {
        impl<'a> ApiExtractor<'a> for $name {
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
            type ParamType = ();
            type ParamRawType = ();

            fn register(registry: &mut Registry) {
                register_schemes(registry);
            }

            fn security_schemes() -> Vec<&'static str> {
                vec![BODY_ACCESS, COOKIE_ACCESS]
            }

            async fn from_request(
                $request: &'a Request,
                _: &mut RequestBody,
                _: ExtractParamOptions<()>,
            ) -> Result<Self> {
                Ok($judge)
            }
        }
    };
}

security_extractor!(Guarded, |request| authenticate(request)?);
security_extractor!(Forwarded, |request| {
    Self(authenticate_forwarded(request).map_err(Problem::told_in_a_header)?)
});
security_extractor!(PresentedAccess, |request| {
    let AccessTokens { body, cookie } =
        AccessTokens::read(request.headers(), &Context::of(request)?.state.cookies)
            .map_err(Problem::from)?;
    Self { body: body.map(str::to_owned), cookie: cookie.map(str::to_owned) }
});
