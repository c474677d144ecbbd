//! poem: routes, guard, cookies, origins, problems. The only place with status codes.

use std::sync::Arc;

use poem::{Endpoint, Response, Route};

mod api;
mod body;
mod caller;
mod client;
mod connection;
mod cookies;
mod credentials;
mod docs;
pub mod embed;
mod form;
mod forwarded;
mod guard;
mod oauth;
mod openapi;
mod origin;
mod pages;
mod payload;
mod problem;
mod router;
mod server;
mod shell;

pub use self::{connection::ServerLimits, openapi::document, server::Server};
use crate::{
    domain::{network::Cidr, origin::Origin},
    service::Auth,
};

/// What the HTTP layer is told about itself.
#[derive(Clone, Debug)]
pub struct HttpSettings {
    /// The origin browsers use.
    pub public_origin: Origin,
    /// Exact origins of pages on sibling hosts.
    pub allowed_origins: Vec<Origin>,
    /// Whose forwarding headers are believed.
    pub trusted_proxies: Vec<Cidr>,
    /// Swagger UI at `/docs`.
    pub docs: bool,
    /// Access log.
    pub access_log: bool,
    /// The longest an answer may take.
    pub request_timeout: std::time::Duration,
    /// The longest request body, bytes.
    pub max_body: usize,
}

/// What every operation needs.
#[derive(Debug)]
struct State {
    auth: Arc<Auth>,
    cookies: cookies::CookieNames,
    origins: origin::OriginRule,
    settings: HttpSettings,
}

/// All routes, in the shell that gives every answer its dress; beside them those of an API that has us
/// in its process.
pub fn routes(
    auth: Arc<Auth>,
    settings: HttpSettings,
    own: Option<embed::Routes>,
) -> impl Endpoint<Output = Response> {
    let state = Arc::new(State {
        cookies: cookies::CookieNames::for_origin(&settings.public_origin),
        origins: origin::OriginRule::new(
            settings.public_origin.clone(),
            settings.allowed_origins.clone(),
        ),
        auth,
        settings,
    });
    let document = hyper::body::Bytes::from(document());
    let mut rest = Route::new()
        .at("/openapi.json", openapi::endpoint(document))
        .at("/problems/:code", poem::get(pages::problem_page));
    if state.settings.docs {
        rest = rest.nest("/docs", docs::endpoint());
    }
    let apis = [openapi::apis(&state), openapi::apis(&state)];
    shell::Shell::new(router::Router::new(apis, rest), own, state)
}
