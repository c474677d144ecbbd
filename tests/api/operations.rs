//! Running the service: starting and stopping, health, requests' names, the log, and the pages beside
//! the API.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use super::support::{
    Answer, Browser, Call, PASSWORD, TestApp, TestConfig, browser::email, client, process::Process,
};

/// A login whose body is still on its way, though the service works on it already.
struct SlowLogin {
    stream: TcpStream,
    body: String,
}

impl SlowLogin {
    async fn begin(app: &TestApp, name: &str) -> Self {
        let body = json!({ "email": email(name), "password": PASSWORD }).to_string();
        let mut stream = TcpStream::connect(app.address).await.unwrap();
        let head = format!(
            "POST /api/auth/login HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // The operation has asked for the body.
        let mut go_on = [0; 25];
        stream.read_exact(&mut go_on).await.unwrap();
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        Self { stream, body }
    }

    async fn finish(mut self) -> String {
        self.stream.write_all(self.body.as_bytes()).await.unwrap();
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

async fn until_closed(app: &TestApp) {
    for _ in 0..400 {
        if TcpStream::connect(app.address).await.is_err() {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    panic!("it still listens");
}

#[tokio::test]
async fn when_told_to_stop_it_finishes_what_it_has_begun_and_takes_nothing_new() {
    let mut app = TestApp::start().await;
    app.browser().register("ada").await;
    let slow = SlowLogin::begin(&app, "ada").await;
    app.tell_to_stop();
    until_closed(&app).await;
    let answer = slow.finish().await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("\r\nset-cookie: tandem-access=ey"), "{answer}");
    assert!(answer.contains("\"access_token\":\"ey"), "{answer}");
    app.stop().await;
}

async fn stops_within(seconds: u64, mut app: TestApp) {
    timeout(Duration::from_secs(seconds), app.stop()).await.expect("it waits for ever");
}

#[tokio::test]
async fn a_request_that_never_ends_does_not_keep_it_from_stopping() {
    let config = TestConfig::default().set("server.request_timeout", "1s");
    let app = TestApp::with(config).await;
    app.browser().register("ada").await;
    let _slow = SlowLogin::begin(&app, "ada").await;
    let mut half = TcpStream::connect(app.address).await.unwrap();
    half.write_all(b"GET /health/live HTTP/1.1\r\nhost: local").await.unwrap();
    stops_within(9, app).await;
}

#[tokio::test]
async fn connections_without_a_request_do_not_keep_it_from_stopping() {
    let config = TestConfig::default().set("server.request_timeout", "60s");
    let app = TestApp::with(config).await;
    let _idle = TcpStream::connect(app.address).await.unwrap();
    let mut kept_alive = TcpStream::connect(app.address).await.unwrap();
    kept_alive.write_all(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut some = [0; 16];
    kept_alive.read_exact(&mut some).await.unwrap();
    stops_within(9, app).await;
}

#[tokio::test]
async fn a_stop_writes_what_it_has_seen() {
    let mut app = TestApp::start().await;
    let mut ada = app.logged_in("ada").await;
    app.advance(60);
    ada.refresh().await;
    let unseen = "select count(*) from sessions where acknowledged_at is null";
    assert_eq!(app.database.number(unseen).await, 1);
    assert_eq!(ada.me().await.status, 200);
    app.stop().await;
    assert_eq!(app.database.number(unseen).await, 0);
}

#[tokio::test]
async fn both_signals_stop_the_program_in_good_order() {
    for signal in ["TERM", "INT"] {
        let mut process = Process::start(&[]).await;
        let answer = client::send(process.address, Call::get("/health/ready")).await;
        assert_eq!(answer.status, 200);
        let status = process.stop(signal).await;
        assert!(status.success(), "SIG{signal}: {status}\n{}", process.output());
        let log = process.json_log();
        let said = |text: &str| {
            log.iter().any(|line| line["message"].as_str().is_some_and(|m| m.contains(text)))
        };
        assert!(said(&format!("listening on http://{}", process.address)), "{log:?}");
        assert!(said("stopping"), "{log:?}");
        assert!(TcpStream::connect(process.address).await.is_err());
    }
}

#[tokio::test]
async fn health_is_told_without_credentials_and_never_cached() {
    let app = TestApp::start().await;
    app.catch_up();
    app.look().await;
    let live = app.send(Call::get("/health/live")).await;
    assert_eq!((live.status, live.json()), (200, json!({ "status": "ok", "problems": [] })));
    let ready = app.send(Call::get("/health/ready")).await;
    let expected = json!({ "status": "ok", "problems": [], "revocations_age": 0 });
    assert_eq!((ready.status, ready.json()), (200, expected));
    for answer in [live, ready] {
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn a_clock_that_is_off_turns_readiness_red() {
    let app = TestApp::with(TestConfig::default().set("tokens.revocation_poll", "60s")).await;
    app.catch_up();
    app.look().await;
    assert_eq!(app.send(Call::get("/health/ready")).await.status, 200);
    app.advance(10);
    app.look().await;
    let ready = app.send(Call::get("/health/ready")).await;
    assert_eq!(ready.status, 503);
    assert_eq!(ready.json()["status"], "unavailable");
    let problems = ready.json()["problems"].to_string();
    assert!(problems.contains("clock"), "{problems}");
    assert_eq!(app.send(Call::get("/health/live")).await.status, 200);
}

fn request_id(answer: &Answer) -> String {
    answer.header("x-request-id").unwrap().to_owned()
}

#[tokio::test]
async fn a_well_formed_request_id_is_kept_and_any_other_replaced() {
    let app = TestApp::start().await;
    let live = |id: &[u8]| Call::get("/health/live").header("x-request-id", id);
    let longest = "x".repeat(64);
    for good in ["a", "0", "req-1_2.3", "3f2504e0-4f89-11d3-9a0c-0305e82c3301", &longest] {
        assert_eq!(request_id(&app.send(live(good.as_bytes())).await), good);
    }
    let too_long = "x".repeat(65);
    for bad in [
        b"".as_slice(),
        too_long.as_bytes(),
        b"two words",
        b"a,b",
        b"a;b",
        b"a\tb",
        b"\"quoted\"",
        b"<script>",
        b"{\"a\":1}",
        b"%0a",
        b"caf\xc3\xa9",
        b"\xff",
    ] {
        let id = request_id(&app.send(live(bad)).await);
        assert_eq!(id.len(), 24, "{id}");
        assert!(id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
    }
    let problem = app.send(Call::get("/api/auth/me").header("x-request-id", "mine")).await;
    assert_eq!(problem.json()["request_id"], "mine");
    assert_eq!(request_id(&problem), "mine");
}

#[tokio::test]
async fn no_two_requests_have_the_same_name() {
    let app = TestApp::start().await;
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..20 {
        assert!(ids.insert(request_id(&app.send(Call::get("/health/live")).await)));
    }
    let elsewhere = app.second().await;
    assert!(ids.insert(request_id(&elsewhere.send(Call::get("/health/live")).await)));
}

fn of_target<'a>(log: &'a [Value], target: &str) -> Vec<&'a Value> {
    log.iter().filter(|line| line["target"] == target).collect()
}

#[tokio::test]
async fn every_request_has_a_line_in_the_access_log_unless_it_is_off() {
    for (variables, on) in [(&[][..], true), (&[("TANDEM_LOG__ACCESS", "false")][..], false)] {
        let mut process = Process::start(variables).await;
        let call = Call::get("/api/auth/me?token=secret").header("x-request-id", "the-request");
        client::send(process.address, call).await;
        process.stop("TERM").await;
        let log = process.json_log();
        let lines = of_target(&log, "tandem::access");
        assert_eq!(lines.len(), usize::from(on), "{lines:?}");
        for line in lines {
            assert_eq!(line["method"], "GET");
            assert_eq!(line["path"], "/api/auth/me");
            assert_eq!(line["status"], 401);
            assert_eq!(line["ip"], "127.0.0.1");
            assert_eq!(line["request_id"], "the-request");
            assert!(line["micros"].is_u64(), "{line}");
        }
        assert!(!process.output().contains("secret"));
    }
}

/// Sends a call under a name, so that its lines can be found.
async fn named(browser: &Browser, name: &str, call: Call) -> Answer {
    browser.send(call.header("x-request-id", name)).await
}

fn log_in(browser: &Browser, name: &str, password: &str) -> Call {
    let body = json!({ "email": email(name), "password": password });
    browser.with_access(Call::post("/api/auth/login").json(&body))
}

/// Everything that is worth an event, once; every request bears the name of what it is to leave.
async fn live_a_life(process: &Process) -> Vec<String> {
    let mut ada = process.browser();
    let account = json!({ "email": email("ada"), "password": PASSWORD });
    named(&ada, "register", Call::post("/api/auth/register").json(&account)).await;
    named(&ada, "wrong", log_in(&ada, "ada", "not the right password")).await;
    named(&ada, "unknown", log_in(&ada, "nobody", PASSWORD)).await;
    let answer = named(&ada, "login", log_in(&ada, "ada", PASSWORD)).await;
    ada.keep(&answer);
    let first = ada.clone();
    let answer = named(&ada, "rotate", ada.refresh_call()).await;
    ada.keep(&answer);
    let answer = named(&ada, "rotate", ada.refresh_call()).await;
    ada.keep(&answer);
    let mut half = ada.clone();
    half.tokens.body_refresh = None;
    named(&half, "refuse", half.refresh_call()).await;
    named(&ada, "see", ada.with_access(Call::get("/api/auth/me"))).await;
    named(&first, "reuse", first.refresh_call()).await;

    let mut again = process.browser();
    again.login("ada").await;
    let change = json!({ "current_password": PASSWORD, "new_password": "another good sentence" });
    let call = again.with_access(Call::post("/api/auth/password").json(&change));
    let answer = named(&again, "change", call).await;
    let mut changed = again.clone();
    changed.keep(&answer);
    let call = changed.with_access(Call::post("/api/auth/logout"));
    named(&changed, "logout", call).await;
    vec![ada.session(), again.session(), changed.session()]
}

#[tokio::test]
async fn what_matters_leaves_an_audit_event_that_names_request_user_and_session() {
    let mut process = Process::start(&[("TANDEM_TOKENS__REUSE_INTERVAL", "0s")]).await;
    let sessions = live_a_life(&process).await;
    process.stop("TERM").await;
    let log = process.json_log();
    let audit = of_target(&log, "tandem::audit");
    let user = audit.iter().find(|line| line["request_id"] == "register").unwrap()["user"].clone();
    assert_eq!(user.as_str().unwrap().len(), 32);
    let [first, second, third] = [0, 1, 2].map(|n| sessions[n].as_str());
    for (request, event, session, reason) in [
        ("register", "user_created", "", ""),
        ("wrong", "authn_login_fail", "", ""),
        ("login", "authn_login_success", first, ""),
        ("rotate", "session_renewed", first, ""),
        ("refuse", "authn_token_refused", first, "partial"),
        ("reuse", "authn_token_reuse", first, ""),
        ("reuse", "session_ended", first, "reuse"),
        ("change", "authn_password_change", second, ""),
        ("change", "session_ended", second, "password_change"),
        ("logout", "session_ended", third, "logout"),
    ] {
        let found = audit.iter().find(|line| {
            line["request_id"] == request && line["event"] == event && line["session"] == session
        });
        let line = found.unwrap_or_else(|| panic!("{request}: {event} is missing: {audit:#?}"));
        assert_eq!((&line["user"], &line["ip"]), (&user, &json!("127.0.0.1")), "{line}");
        assert_eq!(line["reason"], reason, "{line}");
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'), "{line}");
    }
    let alarm = audit.iter().find(|line| line["event"] == "authn_token_reuse").unwrap();
    assert_eq!((&alarm["level"], &alarm["half"]), (&json!("WARN"), &json!("both")));
    let refused = audit.iter().find(|line| line["event"] == "authn_token_refused").unwrap();
    assert_eq!(refused["half"], "body");
    // Nobody's address, not even that of nobody.
    assert!(!process.log().join("\n").contains("example.com"));
    assert!(audit.iter().all(|line| line["request_id"] != "unknown"));
    // Junk is counted by its reason.
    let refusals = of_target(&log, "tandem::refusals");
    let unknown = refusals.iter().find(|line| line["reason"] == "unknown_user").unwrap();
    assert_eq!((&unknown["place"], &unknown["count"]), (&json!("login"), &json!(1)));
}

#[tokio::test]
async fn nobody_writes_lines_of_their_own_into_the_log() {
    let evil = "\r\n2026-01-01T00:00:00Z  INFO forged: \u{1b}[31mred\u{7}\u{85}\u{2028}";
    for format in ["json", "human"] {
        let variables = [("TANDEM_LOG__FORMAT", format), ("TANDEM_LOG__LEVEL", "trace")];
        let mut process = Process::start(&variables).await;
        let body = json!({ "email": format!("a{evil}@example.com"), "password": evil, evil: evil });
        let account = json!({ "email": email("ada"), "password": PASSWORD });
        for call in [
            Call::post("/api/auth/register").json(&account),
            Call::post("/api/auth/login")
                .json(&account)
                .header("user-agent", "x\tforged: \u{85}\u{9b}31m"),
            Call::post("/api/auth/login").json(&body),
            Call::post("/api/auth/login").body("application/json", format!("{{\"{evil}")),
            Call::post("/api/auth/login").body("text/\tforged: x", "{}"),
            Call::get("/%0d%0aforged:%1b[31m?x=%0d%0aforged:").header("x-request-id", "x\tforged:"),
            Call::get("/problems/%0d%0aforged:"),
            Call::new("DELETE", "/api/auth/sessions/%0d%0aforged:"),
            Call::new("FORGED", "/"),
            Call::get("/api/auth/me").header("authorization", "Bearer \u{85}forged: \u{2028}"),
            Call::get("/api/auth/me").header("x-forwarded-for", "\u{85}forged:"),
            Call::get("/api/auth/me").header("origin", "https://\tforged:"),
        ] {
            client::send(process.address, call).await;
        }
        for raw in [
            b"GET /\x1b[31mforged: HTTP/1.1\r\nhost: x\r\n\r\n".as_slice(),
            b"GET /\xc2\x85forged: HTTP/1.1\r\nhost: x\r\n\r\n",
            b"\x1b[31mforged: / HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nhost: x\r\nuser-agent: \x1b[31mforged:\r\n\r\n",
        ] {
            client::send_raw(process.address, raw).await;
        }
        process.stop("TERM").await;
        let log = process.log();
        assert!(log.len() > 12, "{log:#?}");
        for line in &log {
            assert!(!line.contains(char::is_control), "{line:?}");
            assert!(!line.contains('\u{2028}'), "{line:?}");
            // Each begins with a time of its own.
            let text = if format == "json" { &line[14..] } else { line.as_str() };
            assert!(text.starts_with("20") && text.as_bytes()[10] == b'T', "{line}");
        }
        if format == "json" {
            process.json_log();
        }
    }
}

#[tokio::test]
async fn the_explorer_is_there_only_where_it_is_wanted() {
    for (docs, status) in [("true", 200), ("false", 404)] {
        let app = TestApp::with(TestConfig::default().set("server.docs", docs)).await;
        for path in ["/docs/", "/docs/swagger-ui.js", "/docs/swagger-ui.css"] {
            assert_eq!(app.send(Call::get(path)).await.status, status, "{path}");
        }
        assert_eq!(app.send(Call::get("/openapi.json")).await.status, 200);
    }
}

/// Every code that a problem can have.
const CODES: [(&str, u16); 15] = [
    ("invalid_request", 400),
    ("invalid_credentials", 401),
    ("unauthenticated", 401),
    ("access_expired", 401),
    ("invalid_token", 401),
    ("origin_not_allowed", 403),
    ("forbidden", 403),
    ("not_found", 404),
    ("method_not_allowed", 405),
    ("payload_too_large", 413),
    ("unsupported_media_type", 415),
    ("validation_failed", 422),
    ("too_many_requests", 429),
    ("internal", 500),
    ("unavailable", 503),
];

#[tokio::test]
async fn every_code_has_a_page_that_names_it() {
    let app = TestApp::start().await;
    for (code, status) in CODES {
        let path = format!("/problems/{}", code.replace('_', "-"));
        let page = app.send(Call::get(&path)).await;
        assert_eq!(page.status, 200, "{code}");
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        let text = page.text();
        assert!(text.contains(&format!("<code>{code}</code>, status {status}")), "{text}");
        assert!(text.contains("What happened") && text.contains("What to do"));
        assert!(!text.contains("<script"), "{text}");
    }
    for path in ["/problems/invalid_token", "/problems/", "/problems/x", "/problems/%3Cscript%3E"] {
        let answer = app.send(Call::get(path)).await;
        answer.assert_refused(404, "not_found");
        assert!(!answer.text().contains("script"));
    }
}

/// The link of a problem leads to its page.
#[tokio::test]
async fn the_type_of_a_problem_can_be_opened() {
    let app = TestApp::start().await;
    for (call, code) in [
        (Call::get("/api/auth/me"), "unauthenticated"),
        (Call::get("/nothing"), "not_found"),
        (Call::new("PUT", "/api/auth/login"), "method_not_allowed"),
    ] {
        let answer = app.send(call).await;
        assert_eq!(answer.code(), code);
        let link = answer.json()["type"].as_str().unwrap().to_owned();
        let path = link.strip_prefix(&app.origin).unwrap();
        let page = app.send(Call::get(path)).await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains(answer.json()["title"].as_str().unwrap()));
    }
}
