//! Half a caller opens nothing: every operation, every subset, every mixture.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::support::{Answer, Browser, Call, TestApp, Tokens};

/// What an operation asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Anybody may call.
    Nothing,
    /// Both access tokens.
    Pair,
    /// Both access tokens, expired or not; without them it does nothing.
    PairForEffect,
    /// All four tokens.
    AllFour,
    /// The session cookie, and the page's origin by name.
    SessionCookie,
    /// A machine client that proves itself.
    Client,
    /// The token of a machine client, with the scope `revocations:read`.
    Machine,
}

/// One row for each operation of the document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation {
    pub(crate) method: &'static str,
    /// The path as the document writes it.
    pub(crate) template: &'static str,
    /// The path with its parameters filled in.
    pub(crate) path: &'static str,
    /// A well-formed body.
    pub(crate) body: Option<&'static str>,
    pub(crate) needs: Needs,
    /// The answer to Ada's genuine call, without a refresh cookie.
    pub(crate) genuine: (u16, &'static str),
}

impl Operation {
    /// The call, without credentials.
    pub(crate) fn call(&self) -> Call {
        let call = Call::new(self.method, self.path);
        match self.body {
            Some(body) if self.speaks_oauth() => {
                call.body("application/x-www-form-urlencoded", body)
            }
            Some(body) => call.body("application/json", body),
            None => call,
        }
    }

    /// The call as Ada's browser makes it, so that it does something. Where a cookie alone authorizes,
    /// the page's origin is still to be added.
    pub(crate) fn genuine_call(&self, ada: &Browser) -> Call {
        match self.needs {
            Needs::Nothing => self.call(),
            Needs::Pair | Needs::PairForEffect => ada.with_access(self.call()),
            Needs::AllFour => ada.refresh_call(),
            Needs::SessionCookie => ada.with_cookies(self.call()),
            Needs::Client => {
                let machine = ada.machine.as_ref().unwrap();
                self.call().header("authorization", &machine.basic)
            }
            Needs::Machine => self.call().bearer(&ada.machine.as_ref().unwrap().token),
        }
    }

    /// What the document says of it: everything in one object is needed at once.
    pub(crate) fn documented_needs(&self) -> Value {
        match self.needs {
            Needs::Nothing => json!([{}]),
            // A machine may ask where the proxy wants a scope.
            Needs::Pair if self.path == "/api/auth/verify" => {
                json!([{ "bodyAccess": [], "cookieAccess": [] }, { "machineAccess": [] }])
            }
            Needs::Pair | Needs::PairForEffect => json!([{ "bodyAccess": [], "cookieAccess": [] }]),
            Needs::AllFour => {
                json!([{ "bodyAccess": [], "cookieAccess": [], "cookieRefresh": [] }])
            }
            // By grant; a client may also show itself in the form.
            Needs::SessionCookie if self.speaks_oauth() => {
                json!([{ "sessionCookie": [] }, { "clientBasic": [] }, {}])
            }
            Needs::SessionCookie => json!([{ "sessionCookie": [] }]),
            Needs::Client => json!([{ "clientBasic": [] }, {}]),
            Needs::Machine => json!([{ "machineAccess": ["revocations:read"] }]),
        }
    }

    /// RFC 6749: forms, and errors of its own.
    pub(crate) fn speaks_oauth(&self) -> bool {
        self.path.starts_with("/iam/oauth/")
    }

    pub(crate) fn changes_state(&self) -> bool {
        self.method != "GET"
    }
}

const fn operation(
    method: &'static str,
    template: &'static str,
    needs: Needs,
    body: Option<&'static str>,
    genuine: (u16, &'static str),
) -> Operation {
    Operation { method, template, path: template, body, needs, genuine }
}

const ADA: &str = r#"{"email":"ada@example.com","password":"a sentence is a good password"}"#;
const GRACE: &str = r#"{"email":"grace@example.com","password":"a sentence is a good password"}"#;
const CHANGE: &str = r#"{"current_password":"a sentence is a good password","new_password":"another sentence is one too"}"#;

const SESSION: &str = "grant_type=session";

/// Every operation. A new one fails the first test below until it has its row.
pub(crate) const OPERATIONS: [Operation; 21] = [
    operation("POST", "/api/auth/register", Needs::Nothing, Some(GRACE), (202, "")),
    operation("POST", "/api/auth/login", Needs::Nothing, Some(ADA), (200, "")),
    operation("POST", "/api/auth/refresh", Needs::AllFour, Some("{}"), (401, "invalid_token")),
    operation("POST", "/api/auth/logout", Needs::PairForEffect, None, (204, "")),
    operation("POST", "/api/auth/logout-all", Needs::Pair, None, (204, "")),
    operation("POST", "/api/auth/password", Needs::Pair, Some(CHANGE), (200, "")),
    operation("GET", "/api/auth/me", Needs::Pair, None, (200, "")),
    operation("GET", "/api/auth/verify", Needs::Pair, None, (200, "")),
    operation("GET", "/api/auth/sessions", Needs::Pair, None, (200, "")),
    operation("DELETE", "/api/auth/sessions", Needs::Pair, None, (204, "")),
    Operation {
        path: "/api/auth/sessions/00000000000000000000000000000000",
        ..operation("DELETE", "/api/auth/sessions/{id}", Needs::Pair, None, (404, "not_found"))
    },
    operation("POST", "/iam/passwordlogin", Needs::Nothing, Some(ADA), (204, "")),
    operation("POST", "/iam/oauth/token", Needs::SessionCookie, Some(SESSION), (200, "")),
    operation("POST", "/iam/logout", Needs::SessionCookie, None, (204, "")),
    operation("POST", "/iam/oauth/revoke", Needs::Client, Some("token=x"), (200, "")),
    operation("POST", "/iam/oauth/introspect", Needs::Client, Some("token=x"), (200, "")),
    operation("GET", "/.well-known/oauth-authorization-server", Needs::Nothing, None, (200, "")),
    operation("GET", "/api/auth/revocations", Needs::Machine, None, (200, "")),
    operation("GET", "/.well-known/jwks.json", Needs::Nothing, None, (200, "")),
    operation("GET", "/health/live", Needs::Nothing, None, (200, "")),
    operation("GET", "/health/ready", Needs::Nothing, None, (200, "")),
];

/// The operations that need a pair.
pub(crate) fn protected() -> impl Iterator<Item = Operation> {
    OPERATIONS.into_iter().filter(|operation| operation.needs == Needs::Pair)
}

#[tokio::test]
async fn every_operation_of_the_document_has_a_row_here() {
    let app = TestApp::start().await;
    let document = app.send(Call::get("/openapi.json")).await.json();
    let mut documented = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            documented.insert((method.to_uppercase(), path.clone()));
            let row = OPERATIONS
                .iter()
                .find(|row| row.method == method.to_uppercase() && row.template == path)
                .unwrap_or_else(|| panic!("{method} {path} has no row"));
            assert_eq!(operation["security"], row.documented_needs(), "{method} {path}");
        }
    }
    let rows: BTreeSet<_> =
        OPERATIONS.iter().map(|row| (row.method.to_owned(), row.template.to_owned())).collect();
    assert_eq!(rows, documented);
}

/// Ada twice and Mallory once, all logged in.
struct Cast {
    app: TestApp,
    ada: Browser,
    ada_elsewhere: Browser,
    mallory: Browser,
}

impl Cast {
    async fn assemble() -> Self {
        let app = TestApp::start().await;
        let ada = app.logged_in("ada").await;
        let mut ada_elsewhere = app.browser();
        ada_elsewhere.login("ada").await;
        let mallory = app.logged_in("mallory").await;
        Self { app, ada, ada_elsewhere, mallory }
    }

    /// All that is no pair of one session, by name: what stands in `Authorization`, what in the
    /// access cookie.
    fn no_pairs(&self) -> Vec<(&'static str, Option<String>, Option<String>)> {
        let (ada, mallory) = (&self.ada.tokens, &self.mallory.tokens);
        let other = &self.ada_elsewhere.tokens;
        let empty = Some(String::new());
        vec![
            ("body only", ada.body_access.clone(), None),
            ("cookie only", None, ada.cookie_access.clone()),
            ("sessions mixed", ada.body_access.clone(), other.cookie_access.clone()),
            ("sessions mixed, reversed", other.body_access.clone(), ada.cookie_access.clone()),
            ("users mixed", ada.body_access.clone(), mallory.cookie_access.clone()),
            ("users mixed, reversed", mallory.body_access.clone(), ada.cookie_access.clone()),
            ("halves exchanged", ada.cookie_access.clone(), ada.body_access.clone()),
            ("body twice", ada.body_access.clone(), ada.body_access.clone()),
            ("cookie twice", ada.cookie_access.clone(), ada.cookie_access.clone()),
            ("refresh tokens", ada.body_refresh.clone(), ada.cookie_refresh.clone()),
            ("refresh tokens exchanged", ada.cookie_refresh.clone(), ada.body_refresh.clone()),
            ("body and refresh cookie", ada.body_access.clone(), ada.cookie_refresh.clone()),
            ("refresh token and cookie", ada.body_refresh.clone(), ada.cookie_access.clone()),
            ("body and an empty cookie", ada.body_access.clone(), empty.clone()),
            ("an empty bearer and cookie", empty.clone(), ada.cookie_access.clone()),
            ("both empty", empty.clone(), empty),
        ]
    }
}

/// The same browser with other tokens in its stores.
pub(crate) fn holding(browser: &Browser, tokens: Tokens) -> Browser {
    let mut other = browser.clone();
    other.tokens = tokens;
    other
}

/// Named by the caller, so that bodies can be compared byte for byte.
pub(crate) fn named(call: Call) -> Call {
    call.header("x-request-id", "probe")
}

#[track_caller]
pub(crate) fn assert_challenge(answer: &Answer) {
    let challenge = match answer.code().as_str() {
        "unauthenticated" => r#"Bearer realm="tandem""#,
        _ => r#"Bearer realm="tandem", error="invalid_token""#,
    };
    assert_eq!(answer.all("www-authenticate"), [challenge]);
}

#[tokio::test]
async fn no_protected_operation_takes_anything_but_a_pair() {
    let cast = Cast::assemble().await;
    let before = cast.app.stored().await;
    let mut uniform = None;
    for operation in protected() {
        let nothing = cast.app.send(operation.call()).await;
        nothing.assert_refused(401, "unauthenticated");
        assert_challenge(&nothing);
        for (name, body_access, cookie_access) in cast.no_pairs() {
            let tokens = Tokens { body_access, cookie_access, ..Tokens::default() };
            let thief = holding(&cast.ada, tokens);
            let answer = thief.send(thief.with_access(named(operation.call()))).await;
            answer.assert_refused(401, "invalid_token");
            assert_challenge(&answer);
            let expected = uniform.get_or_insert_with(|| answer.body.clone());
            assert_eq!(answer.body, *expected, "{name} at {} {}", operation.method, operation.path);
            assert_eq!(cast.ada.me().await.status, 200, "{name} at {}", operation.path);
        }
    }
    assert_eq!(cast.app.stored().await, before);
}

#[tokio::test]
async fn what_an_operation_needs_opens_it() {
    for operation in OPERATIONS {
        // Most of them end something: every one gets an instance that nobody has used.
        let app = TestApp::start().await;
        let ada = app.in_every_way("ada", "revocations:read").await;
        let call = match operation.needs {
            Needs::SessionCookie => operation.genuine_call(&ada).header("origin", &ada.origin),
            Needs::Client | Needs::Machine => operation.genuine_call(&ada),
            Needs::Nothing | Needs::Pair | Needs::PairForEffect | Needs::AllFour => {
                ada.with_access(operation.call())
            }
        };
        let answer = ada.send(call).await;
        // A test's clock stands still, and readiness notices.
        if operation.path != "/health/ready" || answer.status != 503 {
            let outcome = (answer.status, answer.code());
            assert_eq!((outcome.0, &*outcome.1), operation.genuine, "{}", operation.template);
        }
    }
}

#[tokio::test]
async fn neighbouring_generations_of_one_session_are_a_pair() {
    let app = TestApp::start().await;
    let old = app.logged_in("ada").await;
    let mut new = old.clone();
    app.advance(60);
    assert_eq!(new.refresh().await.status, 200);
    assert_eq!((old.claims()["gen"].clone(), new.claims()["gen"].clone()), (1.into(), 2.into()));
    for (body, cookie) in [(&old, &new), (&new, &old), (&old, &old), (&new, &new)] {
        let mixed = Tokens {
            body_access: body.tokens.body_access.clone(),
            cookie_access: cookie.tokens.cookie_access.clone(),
            ..Tokens::default()
        };
        assert_eq!(holding(&new, mixed).me().await.status, 200);
    }
}

#[tokio::test]
async fn what_was_kept_from_before_a_logout_does_not_join_the_next_login() {
    let app = TestApp::start().await;
    let mut ada = app.logged_in("ada").await;
    let before = ada.tokens.clone();
    ada.logout().await;
    assert_eq!(ada.login("ada").await.status, 200);
    let after = ada.tokens.clone();
    for (body, cookie) in [(&before, &after), (&after, &before), (&before, &before)] {
        let mixed = Tokens {
            body_access: body.body_access.clone(),
            cookie_access: cookie.cookie_access.clone(),
            body_refresh: after.body_refresh.clone(),
            cookie_refresh: after.cookie_refresh.clone(),
        };
        let mut mixed = holding(&ada, mixed);
        mixed.me().await.assert_refused(401, "invalid_token");
        mixed.refresh().await.assert_refused(401, "invalid_token");
    }
    assert_eq!(ada.me().await.status, 200);
    assert_eq!(ada.refresh().await.status, 200);
}

/// Takes each of the four tokens from `sources[bit]`, the bits of `choice` choosing.
fn choose(choice: u8, sources: [&Tokens; 2]) -> Tokens {
    let source = |position: u8| sources[usize::from(choice >> position & 1)];
    Tokens {
        body_access: source(0).body_access.clone(),
        cookie_access: source(1).cookie_access.clone(),
        body_refresh: source(2).body_refresh.clone(),
        cookie_refresh: source(3).cookie_refresh.clone(),
    }
}

#[tokio::test]
async fn only_all_four_refresh_and_only_both_access_tokens_open() {
    let app = TestApp::start().await;
    let mut ada = app.logged_in("ada").await;
    // Old enough for a rotation, which a subset must not bring about.
    app.advance(60);
    let before = app.stored().await;
    let nothing = Tokens::default();
    for subset in 0..15 {
        let part = holding(&ada, choose(subset, [&nothing, &ada.tokens]));
        let refresh = match subset {
            0 => "unauthenticated",
            _ => "invalid_token",
        };
        let answer = part.refresh_lost().await;
        answer.assert_refused(401, refresh);
        assert_challenge(&answer);
        // Refresh tokens are no credentials here.
        let opened = part.me().await;
        match subset & 0b11 {
            0b00 => opened.assert_refused(401, "unauthenticated"),
            0b11 => assert_eq!(opened.status, 200),
            _ => opened.assert_refused(401, "invalid_token"),
        }
        assert_eq!(app.stored().await, before, "{subset:04b}");
    }
    assert_eq!(ada.refresh().await.status, 200);
    assert_eq!(ada.claims()["gen"], 2);
}

/// All 14 ways to mix the four tokens of two sessions.
async fn mixtures_open_nothing(app: &TestApp, mut one: Browser, mut two: Browser) {
    app.advance(60);
    let before = app.stored().await;
    for choice in 1..15 {
        let mixed = holding(&one, choose(choice, [&one.tokens, &two.tokens]));
        let answer = mixed.send(named(mixed.refresh_call())).await;
        answer.assert_refused(401, "invalid_token");
        let opened = mixed.me().await;
        match choice & 0b11 {
            0b00 | 0b11 => assert_eq!(opened.status, 200),
            _ => opened.assert_refused(401, "invalid_token"),
        }
        assert_eq!(app.stored().await, before, "{choice:04b}");
    }
    for browser in [&mut one, &mut two] {
        assert_eq!(browser.refresh().await.status, 200);
        assert_eq!(browser.claims()["gen"], 2);
        assert_eq!(browser.me().await.status, 200);
    }
}

#[tokio::test]
async fn tokens_of_two_sessions_of_one_user_do_not_mix() {
    let Cast { app, ada, ada_elsewhere, .. } = Cast::assemble().await;
    mixtures_open_nothing(&app, ada, ada_elsewhere).await;
}

#[tokio::test]
async fn tokens_of_two_users_do_not_mix() {
    let Cast { app, ada, mallory, .. } = Cast::assemble().await;
    mixtures_open_nothing(&app, ada, mallory).await;
}

#[tokio::test]
async fn a_logout_without_a_genuine_pair_ends_nothing() {
    let cast = Cast::assemble().await;
    let before = cast.app.stored().await;
    for (name, body_access, cookie_access) in cast.no_pairs() {
        let tokens = Tokens { body_access, cookie_access, ..cast.ada.tokens.clone() };
        let answer = holding(&cast.ada, tokens).call("POST", "/api/auth/logout").await;
        assert_eq!(answer.status, 204, "{name}");
        assert_eq!(answer.all("set-cookie"), Vec::<&str>::new(), "{name}");
        assert_eq!(cast.app.stored().await, before, "{name}");
    }
    for browser in [&cast.ada, &cast.ada_elsewhere, &cast.mallory] {
        assert_eq!(browser.me().await.status, 200);
    }
}

/// Where nobody needs to be anybody, besides what [`OPERATIONS`] says.
const PUBLIC_PAGES: [&str; 6] = [
    "/openapi.json",
    "/problems/invalid-token",
    "/docs",
    "/docs/start.js",
    "/docs/swagger-ui.js",
    "/docs/swagger-ui.css",
];

/// Other spellings of a path, none of which may be a way around the guard.
fn spellings(path: &str) -> Vec<String> {
    let (parent, last) = path.rsplit_once('/').unwrap();
    let (first, rest) = last.split_at(1);
    let encoded = format!("%{:02x}{rest}", first.as_bytes()[0]);
    let inner = path.trim_start_matches('/').replacen('/', "//", 1);
    let mut spellings: Vec<String> = [
        "/",
        "/.",
        "//",
        "/..",
        "%2f",
        "%00",
        "%20",
        ";x",
        ";/",
        ".json",
        "?x=1",
        "?/../health/live",
        "/../../../health/live",
        "/x/..",
    ]
    .iter()
    .map(|tail| format!("{path}{tail}"))
    .collect();
    spellings.extend([
        format!("/{path}"),
        format!("/{inner}"),
        format!("{parent}//{last}"),
        format!("{parent}/./{last}"),
        format!("{parent}/x/../{last}"),
        format!("{parent}/%2e/{last}"),
        format!("{parent}/x/%2e%2e/{last}"),
        format!("{parent}/{encoded}"),
        format!("{parent}%2f{last}"),
        format!("{parent}\\{last}"),
        format!("{parent};x/{last}"),
        format!("/health/live/../..{path}"),
        format!("/.well-known/jwks.json/../..{path}"),
        format!("/problems/invalid-token/../..{path}"),
        format!("/docs/..{path}"),
        format!("/docs{path}"),
        format!("/%2e{path}"),
        format!("/..{path}"),
        path.to_uppercase(),
        path.replacen("api", "Api", 1),
    ]);
    spellings
}

#[tokio::test]
async fn no_spelling_of_a_path_gets_around_the_guard() {
    let app = TestApp::start().await;
    let ada = app.logged_in("ada").await;
    let before = app.stored().await;
    let lone =
        holding(&ada, Tokens { body_access: ada.tokens.body_access.clone(), ..Tokens::default() });
    for operation in protected() {
        for path in spellings(operation.path) {
            for method in [operation.method, "GET", "POST", "DELETE", "HEAD", "PUT"] {
                let mut call = Call::new(method, &path);
                if let Some(body) = operation.body {
                    call = call.body("application/json", body);
                }
                let answer = app.send(call.clone()).await;
                assert!(matches!(answer.status, 401 | 404 | 405), "{method} {path} {answer:?}");
                let answer = lone.send(lone.with_access(call)).await;
                assert!(matches!(answer.status, 401 | 404 | 405), "{method} {path} {answer:?}");
            }
        }
    }
    assert_eq!(app.stored().await, before);
}

#[tokio::test]
async fn whatever_is_not_on_the_public_list_asks_for_a_pair_or_is_not_there() {
    let app = TestApp::start().await;
    let public = |path: &str| {
        PUBLIC_PAGES.contains(&path)
            || OPERATIONS.iter().any(|row| row.path == path && row.needs == Needs::Nothing)
    };
    let mut paths: BTreeSet<String> = OPERATIONS
        .iter()
        .map(|row| row.path.to_owned())
        .chain(PUBLIC_PAGES.map(str::to_owned))
        .collect();
    for path in OPERATIONS.iter().map(|row| row.path) {
        let parts: Vec<_> = path.split('/').collect();
        paths.extend((1..parts.len()).map(|length| format!("{}/", parts[..length].join("/"))));
        paths.extend((2..parts.len()).map(|length| parts[..length].join("/")));
    }
    for guess in [
        "/metrics",
        "/admin",
        "/debug/pprof",
        "/.env",
        "/api/auth",
        "/api/auth/users",
        "/iam",
        "/iam/login",
        "/iam/oauth/session",
        "/api/auth/introspect",
        "/actuator/health",
        "/swagger-ui",
        "/docs/spec",
        "/server-status",
        "/.git/config",
        "/problems/",
        "/problems/nonsense",
        "/favicon.ico",
        "/robots.txt",
        "*",
    ] {
        paths.insert(guess.to_owned());
    }
    for path in &paths {
        let answer = app.send(Call::get(path)).await;
        if public(path) {
            let is_post = path.contains("/api/") || path.starts_with("/iam/");
            let expected = if is_post { 405 } else { 200 };
            let unready = path == "/health/ready" && answer.status == 503;
            assert!(answer.status == expected || unready, "{path} {answer:?}");
        } else {
            // A page or an operation, but not for a caller without tokens.
            assert!(matches!(answer.status, 401 | 404 | 405), "{path} {answer:?}");
            assert_ne!(answer.code(), "", "{path}");
        }
    }
}
