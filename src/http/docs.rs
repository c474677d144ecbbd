//! Swagger UI, self-contained, under a policy of its own.

use hyper::body::Bytes;
use poem::{
    Endpoint, EndpointExt, Response, Route,
    endpoint::make_sync,
    http::{HeaderName, HeaderValue, header},
};
use poem_openapi::OpenApiService;

/// Scripts and styles from here only; nothing inline but the styles that Swagger UI sets itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; font-src data:; connect-src 'self'; \
                      frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const PAGE: &str = include_str!("docs/index.html");
const START: &str = include_str!("docs/start.js");

/// The page at `/docs` and the files it loads.
pub(super) fn endpoint() -> impl Endpoint<Output = Response> {
    let bundle = Bundle::extract(&OpenApiService::new((), "", "").swagger_ui_html());
    Route::new()
        .at("/", file(PAGE, "text/html; charset=utf-8"))
        .at("/start.js", file(START, "text/javascript; charset=utf-8"))
        .at("/swagger-ui.js", file(bundle.script, "text/javascript; charset=utf-8"))
        .at("/swagger-ui.css", file(bundle.style, "text/css; charset=utf-8"))
        .map_to_response()
}

fn file(text: impl Into<Bytes>, content_type: &'static str) -> impl Endpoint<Output = Response> {
    let text = text.into();
    let opener = HeaderName::from_static("cross-origin-opener-policy");
    poem::get(make_sync(move |_| {
        Response::builder()
            .header(header::CONTENT_TYPE, content_type)
            .header(header::CONTENT_SECURITY_POLICY, POLICY)
            .header(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))
            .header(opener.clone(), HeaderValue::from_static("same-origin"))
            .body(text.clone())
    }))
    .map_to_response()
}

/// Swagger UI as the framework ships it, one page with everything inline, taken apart: its own
/// start-up script would paste the document into the page and knows no interceptors.
struct Bundle {
    style: String,
    script: String,
}

impl Bundle {
    fn extract(page: &str) -> Self {
        Self {
            style: between(page, "<style charset=\"UTF-8\">", "</style>").to_owned(),
            script: between(page, "<script charset=\"UTF-8\">", "</script>\n</head>").to_owned(),
        }
    }
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> &'a str {
    let rest = text.split_once(open).map_or("", |(_, rest)| rest);
    rest.split_once(close).map_or("", |(inner, _)| inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards upgrades of the framework.
    #[test]
    fn the_bundle_comes_apart() {
        let bundle = Bundle::extract(&OpenApiService::new((), "", "").swagger_ui_html());
        assert!(bundle.script.contains("SwaggerUIBundle") && bundle.script.len() > 500_000);
        assert!(bundle.style.contains(".swagger-ui") && bundle.style.len() > 50_000);
        assert!(!bundle.style.contains("</style"));
    }
}
