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

use std::borrow::Cow;

use poem::{
    Endpoint, EndpointExt, IntoEndpoint, IntoResponse, Middleware, Request, Response, Result,
    endpoint::BoxEndpoint,
};

use super::{
    guard::{authenticate, authenticate_machine},
    problem::{Code, Problem},
};

pub use super::{
    guard::{Guarded as User, MachineGuarded as Client},
    openapi::embedded_document as document,
};

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
        GuardEndpoint { guard: self.clone(), inner }
    }
}

/// An endpoint behind a [`Guard`].
#[derive(Debug)]
pub struct GuardEndpoint<E> {
    guard: Guard,
    inner: E,
}

impl<E: Endpoint> Endpoint for GuardEndpoint<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let request = self.guard.judge(request)?;
        self.inner.call(request).await.map(IntoResponse::into_response)
    }
}
