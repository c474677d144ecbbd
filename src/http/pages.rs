//! The pages behind a problem's `type`, for people.

use poem::{
    Response, Result, handler,
    http::{HeaderValue, header},
    web::Path,
};

use super::problem::{Code, Problem};

#[handler]
pub(super) fn problem_page(Path(name): Path<String>) -> Result<Response> {
    let code = Code::ALL.into_iter().find(|code| code.as_str().replace('_', "-") == name);
    let code = code.ok_or_else(|| Problem::from(Code::NotFound))?;
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; \
                  base-uri 'none'; form-action 'none'";
    Ok(Response::builder()
        .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
        .header(header::CONTENT_SECURITY_POLICY, policy)
        .header(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"))
        .header("cross-origin-opener-policy", "same-origin")
        .body(page(code)))
}

fn page(code: Code) -> String {
    let (name, title, status) = (code.as_str(), code.title(), code.status().as_u16());
    let (what, remedy) = explain(code);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} · Tandem</title>\n\
         <style>body{{font:1rem/1.6 system-ui,sans-serif;max-width:40rem;margin:3rem auto;\
         padding:0 1rem;color:#222;background:#fff}}code{{background:#eee;padding:.1em .3em}}\
         @media(prefers-color-scheme:dark){{body{{color:#ddd;background:#181818}}\
         code{{background:#333}}}}</style>\n</head>\n<body>\n<h1>{title}</h1>\n\
         <p><code>{name}</code>, status {status}</p>\n<h2>What happened</h2>\n<p>{what}</p>\n\
         <h2>What to do</h2>\n<p>{remedy}</p>\n</body>\n</html>\n"
    )
}

/// What happened, and what to do.
#[expect(clippy::too_many_lines, reason = "a table")]
const fn explain(code: Code) -> (&'static str, &'static str) {
    match code {
        Code::InvalidRequest => (
            "The request is not well-formed JSON, or a header or cookie that may be there once is \
             there several times.",
            "Correct the request; <code>detail</code> says what is wrong. Sending it again \
             unchanged does not help.",
        ),
        Code::InvalidCredentials => (
            "The address is not known, the password is wrong, or the account may not sign in. The \
             service does not tell which.",
            "Check both, and ask the person again.",
        ),
        Code::Unauthenticated => (
            "The operation needs both halves of an access pair, and the request shows none.",
            "Log in, then send the body half as <code>Authorization: Bearer</code> and let the \
             browser send the cookie half.",
        ),
        Code::AccessExpired => (
            "Both access tokens are genuine, but their time has passed, or the account's roles \
             have changed since.",
            "Refresh once and repeat the request with the new tokens.",
        ),
        Code::InvalidToken => (
            "A half is missing or not genuine, the halves do not belong together, or the session \
             has ended. The service does not tell which.",
            "Log in again. If it happens right after a login, make sure that the page and the API \
             are on the same site, that requests send credentials, and that no proxy drops the \
             cookie or the <code>Authorization</code> header.",
        ),
        Code::OriginNotAllowed => (
            "A page of another origin made the request, or a browser says that another site did.",
            "Add the page's exact origin to <code>server.allowed_origins</code> if it is yours.",
        ),
        Code::Forbidden => (
            "The request is understood, and refused: the caller may not do this, or nobody may.",
            "<code>detail</code> says more.",
        ),
        Code::NotFound => (
            "There is no such operation, or no such thing that belongs to the caller.",
            "Check the path and the identifier.",
        ),
        Code::MethodNotAllowed => (
            "The path exists, but not with this method.",
            "Use one of the methods in the <code>Allow</code> header.",
        ),
        Code::PayloadTooLarge => {
            ("The body is longer than <code>server.max_body</code>.", "Send less.")
        }
        Code::UnsupportedMediaType => (
            "The operation reads JSON in UTF-8 and nothing else.",
            "Send <code>Content-Type: application/json</code>, without an encoding.",
        ),
        Code::ValidationFailed => (
            "The body is well-formed, but some of its values are not acceptable.",
            "<code>errors</code> names every member with the reason and the remedy.",
        ),
        Code::TooManyRequests => (
            "Too many requests came from this address or for this account.",
            "Wait for the number of seconds in <code>Retry-After</code>.",
        ),
        Code::Internal => (
            "The service failed. Nothing about the cause is told here.",
            "Tell the operators the <code>request_id</code>: the log has the cause under it.",
        ),
        Code::Unavailable => (
            "The service is up, but its database is away or too many passwords are being checked \
             at once. Sessions are safe.",
            "Try again after the number of seconds in <code>Retry-After</code>.",
        ),
    }
}
