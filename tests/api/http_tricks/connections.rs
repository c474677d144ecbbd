//! Connections: slow ones, silent ones, HTTP/2.

use http_body_util::{BodyExt, Full};
use hyper::{Request, body::Bytes, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::time::Instant;

use super::*;

/// A connection on which `bytes` were sent, and then nothing.
async fn stalled(app: &TestApp, bytes: &str) -> TcpStream {
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    stream
}

/// Waits until the server hangs up; everything it said.
async fn until_closed(mut stream: TcpStream) -> String {
    let mut said = Vec::new();
    let waited = timeout(Duration::from_secs(20), stream.read_to_end(&mut said)).await;
    assert!(waited.is_ok(), "still open: {}", String::from_utf8_lossy(&said));
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn slow_bodies_keep_nobody_waiting_and_are_given_up() {
    let app = TestApp::with(TestConfig::default().set("server.request_timeout", "1s")).await;
    let ada = app.logged_in("ada").await;
    let mut slow = Vec::new();
    for framing in
        ["Content-Length: 70\r\n\r\n{\"email\"", "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"]
    {
        let head = "POST /api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
        for _ in 0..50 {
            slow.push(stalled(&app, &format!("{head}{framing}")).await);
        }
    }
    let began = Instant::now();
    assert_eq!(ada.me().await.status, 200);
    assert!(began.elapsed() < Duration::from_millis(900), "{:?}", began.elapsed());
    for stream in slow {
        let said = until_closed(stream).await;
        assert!(said.starts_with("HTTP/1.1 503") && said.contains("retry-after"), "{said}");
    }
    assert_eq!(ada.me().await.status, 200);
}

/// Ten real seconds: the time that a request's head may take.
#[tokio::test]
async fn slow_heads_and_silence_keep_nobody_waiting_and_are_given_up() {
    let app = TestApp::start().await;
    let ada = app.logged_in("ada").await;
    let mut slow = Vec::new();
    for bytes in
        ["", "G", "P", "PRI * HTTP/2.0\r\n", "GET /health/live HTTP/1.1\r\nHost: a\r\nX-A: "]
    {
        for _ in 0..20 {
            slow.push((bytes, stalled(&app, bytes).await));
        }
    }
    let began = Instant::now();
    assert_eq!(ada.me().await.status, 200);
    assert!(began.elapsed() < Duration::from_millis(900), "{:?}", began.elapsed());
    for (bytes, mut stream) in slow {
        let mut said = Vec::new();
        let waited = timeout(Duration::from_secs(13), stream.read_to_end(&mut said)).await;
        assert!(waited.is_ok(), "still open after {bytes:?}");
    }
    assert!(began.elapsed() > Duration::from_secs(9), "{:?}", began.elapsed());
    assert_eq!(ada.me().await.status, 200);
}

#[tokio::test]
async fn unfinished_requests_do_not_hold_up_a_stop_for_ever() {
    let app = TestConfig::default().set("server.request_timeout", "1s");
    let mut app = TestApp::with(app).await;
    let mut open = Vec::new();
    for bytes in ["", "PRI", "GET /health/live HTTP/1.1\r\n"] {
        open.push(stalled(&app, bytes).await);
    }
    timeout(Duration::from_secs(10), app.stop()).await.unwrap();
}

type Sender = http2::SendRequest<Full<Bytes>>;

async fn http2(app: &TestApp) -> Sender {
    let stream = TcpStream::connect(app.address).await.unwrap();
    let io = TokioIo::new(stream);
    let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(connection);
    sender
}

/// Sends a request with these header lines, in this order.
async fn send_http2(
    sender: &mut Sender,
    method: &str,
    path: &str,
    lines: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut request = Request::builder().method(method).uri(format!("http://localhost{path}"));
    for (name, value) in lines {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(Bytes::from(body.to_owned()))).unwrap();
    let (head, body) = sender.send_request(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer { status: head.status.as_u16(), headers: head.headers, body }
}

#[tokio::test]
async fn over_http2_every_cookie_is_a_line_of_its_own() {
    let app = TestApp::start().await;
    let mut ada = app.logged_in("ada").await;
    app.advance(60);
    let mut sender = http2(&app).await;
    let bearer = format!("Bearer {}", ada.tokens.body_access.as_deref().unwrap());
    let access = format!("tandem-access={}", ada.tokens.cookie_access.as_deref().unwrap());
    let refresh = format!("tandem-refresh={}", ada.tokens.cookie_refresh.as_deref().unwrap());
    let crumbs = [
        ("authorization", &*bearer),
        ("cookie", "a=b"),
        ("cookie", &*access),
        ("cookie", "c=d"),
        ("cookie", &*refresh),
        ("cookie", "tandem-refresh=junk"),
        ("content-type", "application/json"),
    ];
    let me = send_http2(&mut sender, "GET", "/api/auth/me", &crumbs, "").await;
    assert_eq!(me.status, 200);
    let body = format!(r#"{{"refresh_token":"{}"}}"#, ada.tokens.body_refresh.as_deref().unwrap());
    let answer = send_http2(&mut sender, "POST", "/api/auth/refresh", &crumbs, &body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.all("set-cookie").len(), 2);
    ada.keep(&answer);
    assert_eq!(ada.claims()["gen"], 2);
}

#[tokio::test]
async fn the_guard_is_the_same_over_http2() {
    let app = TestApp::start().await;
    let ada = app.logged_in("ada").await;
    let mut sender = http2(&app).await;
    let bearer = format!("Bearer {}", ada.tokens.body_access.as_deref().unwrap());
    let access = format!("tandem-access={}", ada.tokens.cookie_access.as_deref().unwrap());
    let (authorization, cookie) = (("authorization", &*bearer), ("cookie", &*access));
    for (lines, status, code) in [
        (vec![], 401, "unauthenticated"),
        (vec![authorization], 401, "invalid_token"),
        (vec![cookie], 401, "invalid_token"),
        (vec![authorization, authorization, cookie], 400, "invalid_request"),
        (vec![authorization, cookie, cookie], 400, "invalid_request"),
    ] {
        let answer = send_http2(&mut sender, "GET", "/api/auth/me", &lines, "").await;
        answer.assert_refused(status, code);
    }
    let forged = [authorization, cookie, ("origin", "https://evil.example")];
    let answer = send_http2(&mut sender, "POST", "/api/auth/logout", &forged, "").await;
    answer.assert_refused(403, "origin_not_allowed");
    let both =
        [authorization, cookie, ("host", "evil.example"), ("x-forwarded-host", "evil.example")];
    let answer = send_http2(&mut sender, "GET", "/api/auth/sessions/x", &both, "").await;
    answer.assert_problem(405, "method_not_allowed");
    assert!(answer.json()["type"].as_str().unwrap().starts_with(&app.origin));
}

#[tokio::test]
async fn a_header_block_too_large_costs_one_request_over_http2() {
    let app = TestApp::start().await;
    let mut sender = http2(&app).await;
    let long = "x".repeat(60_000);
    let request = Request::get("http://localhost/health/live").header("x-a", &long);
    let answer = sender.send_request(request.body(Full::new(Bytes::new())).unwrap()).await;
    if let Ok(answer) = answer {
        assert_eq!(answer.status(), 431);
    }
    let mut sender = http2(&app).await;
    assert_eq!(send_http2(&mut sender, "GET", "/health/live", &[], "").await.status, 200);
}
