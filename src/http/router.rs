//! From a request to its operation.

use std::collections::{HashMap, HashSet};

use poem::{
    Endpoint, EndpointExt, IntoEndpoint, Request, Response, Result, Route, endpoint::BoxEndpoint,
    http::Method,
};
use poem_openapi::{OpenApi, OpenApiService};

type Operations = HashMap<String, HashMap<Method, BoxEndpoint<'static>>>;

/// Operations without parameters are looked up: the framework's router, which copies the path several
/// times over, would be a third of what `verify` costs. All else is left to it.
pub(super) struct Router {
    plain: Operations,
    rest: BoxEndpoint<'static>,
}

impl Router {
    /// `apis` twice: no endpoint can be in two places. `rest` knows the other paths.
    pub(super) fn new<A: OpenApi + 'static>(apis: [A; 2], rest: Route) -> Self {
        let [plain, all] = apis;
        let rest = rest.nest_no_strip("/", OpenApiService::new(all, "", "").into_endpoint());
        Self { plain: without_parameters(plain), rest: rest.map_to_response().boxed() }
    }
}

impl Endpoint for Router {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let methods = self.plain.get(request.uri().path());
        match methods.and_then(|methods| methods.get(request.method())) {
            Some(operation) => operation.call(request).await,
            None => self.rest.call(request).await,
        }
    }
}

fn without_parameters<A: OpenApi>(apis: A) -> Operations {
    let mut operations = Operations::new();
    apis.add_routes(&mut operations);
    let described = A::meta().into_iter().flat_map(|api| api.paths);
    let with: HashSet<String> = described
        .filter(|path| path.operations.iter().any(|operation| !operation.params.is_empty()))
        .map(|path| path.path)
        .collect();
    operations.retain(|path, _| !with.contains(path));
    operations
}
