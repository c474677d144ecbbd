//! For an API that is auth server and resource server in one process: its own routes beside ours, the
//! guard before them.
//!
//! The routes are mounted with [`App::mount`](crate::app::App::mount). From there on every request that
//! changes something has passed the rule of origins, CORS is answered, and these work:
//!
//! | | as an argument of a poem-openapi operation | around any endpoint | what it finds then |
//! |---|---|---|---|
//! | a user's pair | [`User`] | [`Guard::user`] | `Data<&Principal>` |
//! | a machine token | [`Client`] | [`Guard::machine`] | `Data<&Machine>` |

use std::{borrow::Cow, sync::Arc};

use poem::{
    Endpoint, EndpointExt, IntoEndpoint, IntoResponse, Middleware, Request, RequestBody, Response,
    Result, endpoint::BoxEndpoint,
};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions, registry::Registry};

use super::{
    guard::{Guarded, MachineGuarded, authenticate, authenticate_machine},
    problem::{Code, Problem},
};
use crate::domain::{client::Machine, pair::Principal};

pub use super::openapi::embedded_document as document;

/// Routes of an API that are served beside ours.
pub struct Routes(BoxEndpoint<'static>);

impl Routes {
    /// Any poem endpoint.
    pub fn new<E>(endpoint: E) -> Self
    where
        E: IntoEndpoint,
        E::Endpoint: 'static,
        <E::Endpoint as Endpoint>::Output: IntoResponse,
    {
        Self(endpoint.into_endpoint().map_to_response().boxed())
    }

    pub(super) async fn call(&self, request: Request) -> Result<Response> {
        self.0.call(request).await
    }
}

impl std::fmt::Debug for Routes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Routes")
    }
}

/// A user whose access pair came with the request: both halves, verified together. As an argument of an
/// operation it answers everybody else with the documented problem.
pub struct User(Guarded);

impl User {
    /// Who it is.
    pub fn principal(&self) -> &Principal {
        self.0.principal()
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

/// A machine client whose token came with the request (RFC 9068).
pub struct Client(MachineGuarded);

impl Client {
    /// Which it is.
    pub fn machine(&self) -> &Machine {
        self.0.machine()
    }

    /// Goes on only if the token is good for one of these scopes.
    ///
    /// # Errors
    /// `403 forbidden`.
    pub fn require_scope(&self, any_of: &[&str]) -> Result<&Self> {
        let held = &self.machine().scopes;
        if any_of.iter().any(|scope| held.contains(scope)) { Ok(self) } else { Err(forbidden()) }
    }
}

fn forbidden() -> poem::Error {
    Problem::from(Code::Forbidden).into()
}

macro_rules! extractor {
    ($name:ident of $inner:ident, $judge:ident) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }

        impl<'a> ApiExtractor<'a> for $name {
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
            type ParamType = ();
            type ParamRawType = ();

            fn register(registry: &mut Registry) {
                <$inner as ApiExtractor>::register(registry);
            }

            fn security_schemes() -> Vec<&'static str> {
                <$inner as ApiExtractor>::security_schemes()
            }

            async fn from_request(
                request: &'a Request,
                _: &mut RequestBody,
                _: ExtractParamOptions<()>,
            ) -> Result<Self> {
                Ok(Self($judge(request)?))
            }
        }
    };
}
extractor!(User of Guarded, authenticate);
extractor!(Client of MachineGuarded, authenticate_machine);

/// Lets only some callers through to an endpoint: a poem middleware.
#[derive(Clone, Debug)]
pub struct Guard {
    who: Who,
    any_of: Vec<Cow<'static, str>>,
}

#[derive(Clone, Copy, Debug)]
enum Who {
    User,
    Machine,
}

impl Guard {
    /// Users, by their pair.
    pub const fn user() -> Self {
        Self { who: Who::User, any_of: Vec::new() }
    }

    /// Machine clients, by their token.
    pub const fn machine() -> Self {
        Self { who: Who::Machine, any_of: Vec::new() }
    }

    /// Only those with this role, if they are users, or this scope, if they are machines. Said several
    /// times: with any of them.
    #[must_use]
    pub fn with(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.any_of.push(name.into());
        self
    }

    /// Lets the request through, with whom it speaks for.
    fn judge(&self, mut request: Request) -> Result<Request, Problem> {
        let allowed = match self.who {
            Who::User => {
                let guarded = authenticate(&request)?;
                let principal = guarded.principal().clone();
                let allowed = self.is_met(|role| principal.roles.contains(role));
                request.set_data(principal);
                allowed
            }
            Who::Machine => {
                let guarded = authenticate_machine(&request)?;
                let machine = guarded.machine().clone();
                let allowed = self.is_met(|scope| machine.scopes.contains(scope));
                request.set_data(machine);
                allowed
            }
        };
        if allowed { Ok(request) } else { Err(Code::Forbidden.into()) }
    }

    fn is_met(&self, held: impl Fn(&str) -> bool) -> bool {
        self.any_of.is_empty() || self.any_of.iter().any(|name| held(name))
    }
}

impl<E: Endpoint> Middleware<E> for Guard {
    type Output = GuardEndpoint<E>;

    fn transform(&self, inner: E) -> Self::Output {
        GuardEndpoint { guard: Arc::new(self.clone()), inner }
    }
}

/// An endpoint behind a [`Guard`].
#[derive(Debug)]
pub struct GuardEndpoint<E> {
    guard: Arc<Guard>,
    inner: E,
}

impl<E: Endpoint> Endpoint for GuardEndpoint<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let request = self.guard.judge(request)?;
        self.inner.call(request).await.map(IntoResponse::into_response)
    }
}
