//! The guard, as an operation's argument: no handler runs with half a caller.

use std::{fmt, sync::Arc};

use poem::{Request, RequestBody, Result};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaSecurityScheme, Registry},
};

use super::{
    caller::Context,
    credentials::{AccessTokens, Ambiguous, bearer, cookie_access},
    forwarded,
    origin::Verdict,
    problem::{Code, Problem},
};
use crate::domain::{
    client::Machine,
    pair::{Pair, Principal},
};

/// Name of the scheme of the body half in the document.
pub(super) const BODY_ACCESS: &str = "bodyAccess";
/// Name of the scheme of the cookie half in the document.
pub(super) const COOKIE_ACCESS: &str = "cookieAccess";
/// Name of the scheme of machine tokens in the document.
pub(super) const MACHINE_ACCESS: &str = "machineAccess";

/// A user whose access pair came with the request: both halves, verified together. As an argument of an
/// operation it answers everybody else with the documented problem.
pub struct Guarded(Arc<Pair>);

impl Guarded {
    /// Who it is.
    pub fn principal(&self) -> &Principal {
        &self.0.principal
    }

    /// Goes on only if the user has one of these roles.
    ///
    /// # Errors
    /// `403 forbidden`.
    pub fn require_role(&self, any_of: &[&str]) -> Result<&Self> {
        let held = &self.principal().roles;
        if any_of.iter().any(|role| held.contains(role)) { Ok(self) } else { Err(forbidden()) }
    }
}

/// The same for a reverse proxy's question, by the rules of the request that it holds back.
pub(super) enum Forwarded {
    User(Guarded),
    /// Where the proxy asks for a scope.
    Machine(MachineGuarded),
}

/// A machine client whose token came with the request (RFC 9068): for operations that say so, and for no
/// others.
pub struct MachineGuarded(Arc<Machine>);

impl MachineGuarded {
    /// Which it is.
    pub fn machine(&self) -> &Machine {
        &self.0
    }

    /// Goes on only if the token is good for one of these scopes.
    ///
    /// # Errors
    /// `403 forbidden`.
    pub fn require_scope(&self, any_of: &[&str]) -> Result<&Self> {
        let held = &self.0.scopes;
        if any_of.iter().any(|scope| held.contains(scope)) { Ok(self) } else { Err(forbidden()) }
    }
}

fn forbidden() -> poem::Error {
    Problem::from(Code::Forbidden).into()
}

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

pub(super) fn authenticate(request: &Request) -> Result<Guarded, Problem> {
    let state = &Context::of(request)?.state;
    let AccessTokens { body, cookie } = AccessTokens::read(request.headers(), &state.cookies)?;
    Ok(Guarded(state.auth.authenticate(body, cookie)?))
}

pub(super) fn authenticate_machine(request: &Request) -> Result<MachineGuarded, Problem> {
    let token = bearer(request.headers())?;
    Ok(MachineGuarded(Context::of(request)?.state.auth.authenticate_machine(token)?))
}

/// Of the answers a reverse proxy understands, it knows no `400`.
fn authenticate_forwarded(request: &Request) -> Result<Forwarded, Problem> {
    let Context { state, verdict, .. } = Context::of(request)?;
    if *verdict == Verdict::Foreign && !forwarded::only_reads(request.headers()) {
        state.auth.count_foreign_origin();
        return Err(Code::OriginNotAllowed.into());
    }
    let readable = |problem: Problem| {
        if problem.code == Code::InvalidRequest { Code::InvalidToken.into() } else { problem }
    };
    let requirement = forwarded::requirement(request.uri().query());
    // A user's browser sends the cookie half; machines have none.
    let is_user = || cookie_access(request.headers(), &state.cookies).next().is_some();
    if let Ok(requirement) = &requirement
        && requirement.is_for_machines()
        && !is_user()
    {
        let guarded = authenticate_machine(request).map_err(readable)?;
        requirement.met_by_machine(&guarded.0.scopes)?;
        return Ok(Forwarded::Machine(guarded));
    }
    let guarded = authenticate(request).map_err(readable)?;
    requirement?.met_by_user(&guarded.principal().roles)?;
    Ok(Forwarded::User(guarded))
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
    ($name:ident, $schemes:expr, |$request:ident| $judge:expr) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }

        impl<'a> ApiExtractor<'a> for $name {
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
            type ParamType = ();
            type ParamRawType = ();

            fn register(registry: &mut Registry) {
                register_schemes(registry);
            }

            fn security_schemes() -> Vec<&'static str> {
                $schemes
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

const PAIR: [&str; 2] = [BODY_ACCESS, COOKIE_ACCESS];

security_extractor!(Guarded, PAIR.to_vec(), |request| authenticate(request)?);
security_extractor!(Forwarded, PAIR.to_vec(), |request| {
    authenticate_forwarded(request).map_err(Problem::told_in_a_header)?
});
security_extractor!(MachineGuarded, vec![MACHINE_ACCESS], |request| authenticate_machine(request)?);
security_extractor!(PresentedAccess, PAIR.to_vec(), |request| {
    let AccessTokens { body, cookie } =
        AccessTokens::read(request.headers(), &Context::of(request)?.state.cookies)
            .map_err(Problem::from)?;
    Self { body: body.map(str::to_owned), cookie: cookie.map(str::to_owned) }
});
