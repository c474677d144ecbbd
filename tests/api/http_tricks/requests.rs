//! Bytes that are hardly HTTP.

use super::*;

/// The start of a request that closes its connection.
fn head(line: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n")
}

async fn assert_alive(app: &TestApp) {
    assert_eq!(app.send(Call::get("/health/live")).await.status, 200);
}

/// Sends each: at most one answer, a refusal, and the server hangs up.
async fn assert_hopeless(app: &TestApp, cases: Vec<(&'static str, String)>) {
    for (name, bytes) in cases {
        let answer = exchange(app, &bytes).await;
        let refused = (400..500).contains(&answer.status()) || answer.text.is_empty();
        assert!(refused && answer.closed && answer.answers() < 2, "{name}: {answer:?}");
        assert_alive(app).await;
    }
}

#[tokio::test]
async fn broken_request_lines_are_refused_and_harm_nobody() {
    let app = TestApp::start().await;
    let line = |line: &str| head(line) + "\r\n";
    let cases = vec![
        ("no version", "GET /health/live\r\n\r\n".to_owned()),
        ("two spaces", line("GET  /health/live")),
        ("another version", "GET /health/live HTTP/3.7\r\nHost: a\r\n\r\n".to_owned()),
        ("a space in the path", line("GET /health live")),
        ("a NUL in the path", line("GET /health/\0live")),
        ("a relative path", line("GET health/live")),
        ("a bracket in the method", line("G{T /health/live")),
        ("a hello of TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\u{fc}\x03\x03".to_owned()),
        ("a path of 100 kB", line(&format!("GET /{}", "x".repeat(100_000)))),
        ("CONNECT", line("CONNECT evil.example:443")),
        ("CONNECT to a path", line("CONNECT /health/live")),
        ("OPTIONS *", line("OPTIONS *")),
        ("broken percent-encoding", line("GET /api/auth/sessions/%zz%ff")),
    ];
    assert_hopeless(&app, cases).await;
}

#[tokio::test]
async fn broken_headers_are_refused_and_harm_nobody() {
    let app = TestApp::start().await;
    let get = head("GET /health/live");
    let cases = vec![
        ("a folded header", format!("{get}X-A: 1\r\n 2\r\n\r\n")),
        ("a space before the colon", format!("{get}X-A : 1\r\n\r\n")),
        ("no colon", format!("{get}X-A\r\n\r\n")),
        ("no name", format!("{get}: x\r\n\r\n")),
        ("a carriage return", format!("{get}X-A: 1\rX-B: 2\r\n\r\n")),
        ("a NUL", format!("{get}X-A: \0\r\n\r\n")),
        ("200 of them", format!("{get}{}\r\n", "X-A: 1\r\n".repeat(200))),
        ("500 kB", format!("{get}X-A: {}\r\n\r\n", "x".repeat(500_000))),
    ];
    assert_hopeless(&app, cases).await;
}

#[tokio::test]
async fn broken_credential_headers_are_refused_and_harm_nobody() {
    let app = TestApp::start().await;
    let ada = app.logged_in("ada").await;
    let token = ada.tokens.body_access.as_deref().unwrap();
    let cookie = ada.tokens.cookie_access.as_deref().unwrap();
    let me = |bearer: &str, jar: &str| {
        let lines = format!("Authorization: {bearer}\r\nCookie: {jar}\r\n\r\n");
        head("GET /api/auth/me") + &lines
    };
    let (bearer, jar) = (format!("Bearer {token}"), format!("tandem-access={cookie}"));
    let good = exchange(&app, me(&bearer, &jar)).await;
    assert_eq!(good.status(), 200);
    let long = "x".repeat(1_000_000);
    let cases = vec![
        ("a folded token", me(&format!("Bearer\r\n {token}"), &jar)),
        ("a carriage return in the token", me(&format!("{bearer}\r"), &jar)),
        ("a NUL in the token", me(&format!("{bearer}\0"), &jar)),
        ("a bell in the token", me(&format!("{bearer}\x07"), &jar)),
        ("a bell before the token", me(&format!("Bearer \x07{token}"), &jar)),
        ("a NUL in the cookie", me(&bearer, &format!("{jar}\0"))),
        ("DEL in the cookie", me(&bearer, &format!("tandem-access=\x7f{cookie}"))),
        ("a token of 1 MB", me(&format!("Bearer {long}"), &jar)),
        ("a cookie of 1 MB", me(&bearer, &format!("tandem-access={long}"))),
    ];
    assert_hopeless(&app, cases).await;
    assert_eq!(ada.me().await.status, 200);
}

#[tokio::test]
async fn a_request_names_one_host() {
    let app = TestApp::start().await;
    let hosted =
        |lines: &str| format!("GET /health/live HTTP/1.1\r\n{lines}Connection: close\r\n\r\n");
    let two = ["Host: a\r\nHost: a\r\n", "Host: a\r\nHost: b\r\n"];
    let odd = ["Host: a b\r\n", "Host: a/b\r\n", "Host: a@b\r\n", "Host: \u{e9}\r\n", ""];
    for lines in two.iter().chain(&odd) {
        let answer = exchange(&app, hosted(lines)).await;
        assert_eq!(answer.status(), 400, "{lines:?}: {answer:?}");
        assert!(answer.text.contains("invalid_request"), "{lines:?}: {answer:?}");
    }
    for lines in ["Host: a\r\n", "Host: [::1]:80\r\n", "Host: a.example:8080\r\n", "Host: \r\n"] {
        assert_eq!(exchange(&app, hosted(lines)).await.status(), 200, "{lines:?}");
    }
    let old = exchange(&app, "GET /health/live HTTP/1.0\r\n\r\n").await;
    assert_eq!(old.status(), 200);
}

const LOGIN: &str = r#"{"email":"ada@example.com","password":"a sentence is a good password"}"#;

/// A login on a connection that is to stay open, and a request that hides behind it.
fn framed(headers: &str, body: &str) -> String {
    let post = "POST /api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
    format!("{post}{headers}\r\n{body}{}\r\n", head("GET /openapi.json"))
}

#[tokio::test]
async fn a_body_of_unclear_length_is_refused() {
    let app = TestApp::start().await;
    app.browser().register("ada").await;
    let length = LOGIN.len();
    let of_length = |value: String| framed(&format!("Content-Length: {value}\r\n"), LOGIN);
    let chunk = |size: &str| format!("{size}\r\n{LOGIN}\r\n0\r\n\r\n");
    let coded = |coding: &str, size: &str| {
        framed(&format!("Transfer-Encoding: {coding}\r\n"), &chunk(size))
    };
    let hex = format!("{length:x}");
    let cases = vec![
        ("two lengths", of_length(format!("{length}\r\nContent-Length: {}", length + 1))),
        ("lengths in a list", of_length(format!("{length}, {}", length + 1))),
        ("a negative length", of_length("-1".to_owned())),
        ("a signed length", of_length(format!("+{length}"))),
        ("a length in hex", of_length("0x46".to_owned())),
        ("an overflowing length", of_length("18446744073709551617".to_owned())),
        ("gzip as transfer encoding", coded("gzip", &hex)),
        ("not quite chunked", coded("xchunked", &hex)),
        ("chunked, then not", coded("chunked, identity", &hex)),
        ("a chunk of no size", coded("chunked", "zz")),
        ("a chunk of a negative size", coded("chunked", "-46")),
        ("a chunk of an overflowing size", coded("chunked", "fffffffffffffffff")),
        ("a chunk longer than its size", coded("chunked", "1")),
    ];
    assert_hopeless(&app, cases).await;
}

/// Either is taken, and nothing after it: what follows on the connection is nobody's request.
#[tokio::test]
async fn nothing_hides_behind_two_framings() {
    let app = TestApp::start().await;
    app.browser().register("ada").await;
    let chunked = format!("{:x}\r\n{LOGIN}\r\n0\r\n\r\n", LOGIN.len());
    for order in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
    ] {
        let answer = exchange(&app, framed(order, &chunked)).await;
        assert!(answer.closed && answer.answers() < 2, "{answer:?}");
        assert!(!answer.text.contains("openapi"), "{answer:?}");
    }
    assert_alive(&app).await;
}
