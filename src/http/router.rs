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

/// What is ours; everything else belongs to an API that has us in its process.
const OURS: [&str; 8] = [
    "/api/auth",
    "/iam",
    "/.well-known/jwks.json",
    "/.well-known/oauth-authorization-server",
    "/health",
    "/problems",
    "/docs",
    "/openapi.json",
];

/// True for a path that no embedding API can take.
pub(super) fn is_ours(path: &str) -> bool {
    let below = |ours: &str| {
        path.strip_prefix(ours).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    OURS.into_iter().any(below)
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
    let plain = plain_paths::<A>();
    let mut operations = Operations::new();
    apis.add_routes(&mut operations);
    operations.retain(|path, _| plain.contains(path));
    operations
}

/// The described paths without a parameter in them or beside them. A path with one has another name
/// among the routes (`/a/:param0`) than in the description (`/a/{id}`), so the plain ones are named.
fn plain_paths<A: OpenApi>() -> HashSet<String> {
    let described = A::meta().into_iter().flat_map(|api| api.paths);
    let plain = described.filter(|path| {
        !path.path.contains(['{', ':'])
            && path.operations.iter().all(|operation| operation.params.is_empty())
    });
    plain.map(|path| path.path).collect()
}

#[cfg(test)]
mod tests {
    use poem_openapi::{
        param::{Path, Query},
        payload::PlainText,
    };

    use super::*;
    use crate::http::openapi;

    /// Stands for any set of operations.
    struct Example;

    #[OpenApi]
    #[expect(clippy::unused_async, reason = "the framework awaits every operation")]
    impl Example {
        #[oai(path = "/plain", method = "get")]
        async fn plain(&self) -> PlainText<&'static str> {
            PlainText("plain")
        }

        #[oai(path = "/asked", method = "get")]
        async fn asked(&self, page: Query<String>) -> PlainText<String> {
            PlainText(page.0)
        }

        #[oai(path = "/named/:id", method = "delete")]
        async fn named(&self, id: Path<String>) -> PlainText<String> {
            PlainText(id.0)
        }

        #[oai(path = "/named/:id/plain", method = "get")]
        async fn below(&self, id: Path<String>) -> PlainText<String> {
            PlainText(id.0)
        }
    }

    #[test]
    fn what_has_parameters_is_left_to_the_framework() {
        let operations = without_parameters(Example);
        assert_eq!(operations.keys().collect::<Vec<_>>(), ["/plain"]);
    }

    #[tokio::test]
    async fn the_name_of_a_route_is_no_way_around_the_framework() {
        let router = Router::new([Example, Example], Route::new());
        for name in ["x", ":param0", "{id}"] {
            let path = format!("/named/{name}").replace('{', "%7B").replace('}', "%7D");
            let request = Request::builder().method(Method::DELETE).uri_str(path).finish();
            let answer = router.call(request).await.unwrap().into_body().into_string().await;
            assert_eq!(answer.unwrap(), name);
        }
    }

    #[test]
    fn every_path_of_the_document_is_ours() {
        for path in openapi::Apis::meta().into_iter().flat_map(|api| api.paths) {
            assert!(is_ours(&path.path), "{}", path.path);
        }
        for other in ["/", "/api", "/api/authors", "/api/orders", "/iamx", "/.well-known/x"] {
            assert!(!is_ours(other), "{other}");
        }
    }

    #[test]
    fn these_paths_are_looked_up() {
        let mut paths: Vec<_> = plain_paths::<openapi::Apis>().into_iter().collect();
        paths.sort_unstable();
        assert_eq!(
            paths,
            [
                "/.well-known/jwks.json",
                "/.well-known/oauth-authorization-server",
                "/api/auth/login",
                "/api/auth/logout",
                "/api/auth/logout-all",
                "/api/auth/me",
                "/api/auth/password",
                "/api/auth/refresh",
                "/api/auth/register",
                "/api/auth/sessions",
                "/api/auth/verify",
                "/health/live",
                "/health/ready",
                "/iam/logout",
                "/iam/oauth/introspect",
                "/iam/oauth/revoke",
                "/iam/oauth/token",
                "/iam/passwordlogin",
            ]
        );
    }
}
