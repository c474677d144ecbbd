//! `verify`, a reverse proxy's question: roles, scopes, and the rules of the request that it holds back.

use super::support::{Answer, Browser, Call, TestApp, TestConfig};

const VERIFY: &str = "/api/auth/verify";
const OWN: &str = "https://api.example.com";
const ALLOWED: &str = "https://ui.example.com";

/// Ada has two roles, Bob has none.
struct Cast {
    app: TestApp,
    ada: Browser,
    bob: Browser,
}

impl Cast {
    async fn assemble() -> Self {
        let config = TestConfig::default();
        let config = config.set("server.public_url", OWN).set("server.allowed_origins", ALLOWED);
        let app = TestApp::with(config).await;
        app.browser().register("ada").await;
        app.database.sql("update users set roles = 'editor,viewer'").await;
        let mut ada = app.browser();
        assert_eq!(ada.login("ada").await.status, 200);
        let bob = app.logged_in("bob").await;
        Self { app, ada, bob }
    }
}

/// The question, with both halves.
async fn ask(browser: &Browser, query: &str) -> Answer {
    browser.call("GET", &format!("{VERIFY}{query}")).await
}

/// Asserts that the proxy lets it through, and as whom.
#[track_caller]
fn assert_identity(answer: &Answer, browser: &Browser, roles: &str) {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("x-auth-subject"), browser.claims()["sub"].as_str());
    assert_eq!(answer.header("x-auth-session"), Some(browser.session().as_str()));
    assert_eq!(answer.header("x-auth-roles"), Some(roles));
    assert_eq!(answer.header("x-auth-problem"), None);
    assert!(answer.body.is_empty());
}

/// Asserts a refusal that names nobody and stands in the header as well.
#[track_caller]
fn assert_refused(answer: &Answer, status: u16, code: &str) {
    answer.assert_refused(status, code);
    assert_eq!(answer.header("x-auth-problem"), Some(answer.text().as_str()));
    for name in ["x-auth-subject", "x-auth-session", "x-auth-roles"] {
        assert_eq!(answer.header(name), None);
    }
}

fn detail(answer: &Answer) -> String {
    answer.json()["detail"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn who_has_one_of_the_roles_passes() {
    let Cast { app: _app, ada, bob } = Cast::assemble().await;
    for query in ["?role=editor", "?role=viewer", "?role=admin,editor", "?role=viewer,editor"] {
        assert_identity(&ask(&ada, query).await, &ada, "editor,viewer");
        let answer = ask(&bob, query).await;
        assert_refused(&answer, 403, "forbidden");
        assert_eq!(detail(&answer), "the required role is missing");
    }
    for query in ["?role=admin", "?role=edit", "?role=editors", "?role=admin,owner"] {
        assert_refused(&ask(&ada, query).await, 403, "forbidden");
    }
    for query in ["", "?"] {
        assert_identity(&ask(&ada, query).await, &ada, "editor,viewer");
        assert_identity(&ask(&bob, query).await, &bob, "");
    }
}

#[tokio::test]
async fn no_pair_has_a_scope() {
    let Cast { app: _app, ada, .. } = Cast::assemble().await;
    for query in ["?scope=orders:read", "?scope=editor", "?role=editor&scope=editor"] {
        let answer = ask(&ada, query).await;
        assert_refused(&answer, 403, "forbidden");
        assert_eq!(detail(&answer), "the required scope is missing");
    }
}

#[tokio::test]
async fn a_question_that_cannot_be_read_lets_nobody_through() {
    let Cast { app: _app, ada, .. } = Cast::assemble().await;
    for (query, named) in [
        ("?role=", "`role`"),
        ("?role", "`role`"),
        ("?role=editor,", "`role`"),
        ("?role=Editor", "`role`"),
        ("?role=%65ditor", "`role`"),
        ("?role=editor+viewer", "`role`"),
        ("?role=editor;viewer", "`role`"),
        ("?role=editor%00", "`role`"),
        ("?role=editor=viewer", "`role`"),
        ("?scope=", "`scope`"),
        ("?scope=a%20b", "`scope`"),
        ("?role=editor&role=viewer", "twice"),
        ("?role=editor&role=editor", "twice"),
        ("?scope=a&scope=a", "twice"),
        ("?role=editor&page=2", "neither"),
        ("?page=2", "neither"),
        ("?Role=editor", "neither"),
        ("?role[]=editor", "neither"),
        ("?rol%65=editor", "neither"),
        ("?role=editor&", "neither"),
        ("?&role=editor", "neither"),
        ("?a=%ff&b=%00", "neither"),
        ("??role=editor", "neither"),
    ] {
        let answer = ask(&ada, query).await;
        assert_refused(&answer, 403, "forbidden");
        assert!(detail(&answer).contains(named), "{query} {}", detail(&answer));
    }
    let long = format!("?role={}editor", "viewer,".repeat(1000));
    assert_eq!(ask(&ada, &long).await.status, 200);
}

/// The requirement is looked at last: it tells nothing to who is not signed in.
#[tokio::test]
async fn half_a_caller_is_told_nothing_about_the_requirement() {
    let Cast { app, ada, .. } = Cast::assemble().await;
    let token = ada.tokens.body_access.as_deref().unwrap();
    let queries = ["", "?role=editor", "?role=admin", "?scope=a", "?role=", "?page=2"];
    for query in queries {
        let call = || Call::get(&format!("{VERIFY}{query}"));
        assert_refused(&app.send(call()).await, 401, "unauthenticated");
        assert_refused(&app.send(call().bearer(token)).await, 401, "invalid_token");
    }
    app.advance(600);
    for query in queries {
        assert_refused(&ask(&ada, query).await, 401, "access_expired");
    }
}

#[tokio::test]
async fn the_original_request_is_judged_by_its_origin() {
    let Cast { app, ada, .. } = Cast::assemble().await;
    let evil = [("origin", "https://evil.example")];
    let null = [("origin", "null")];
    let sibling = [("sec-fetch-site", "same-site")];
    let cross = [("sec-fetch-site", "cross-site")];
    let forwarded = |method| ("x-forwarded-method", method);
    let original = |method| ("x-original-method", method);
    for foreign in [&evil[..], &null, &sibling, &cross] {
        for (told, may_pass) in [
            (vec![], false),
            (vec![forwarded("GET")], true),
            (vec![original("GET")], true),
            (vec![original("HEAD")], true),
            (vec![forwarded("OPTIONS")], true),
            (vec![forwarded("GET"), original("GET")], true),
            (vec![forwarded("POST")], false),
            (vec![original("DELETE")], false),
            (vec![original("get")], false),
            (vec![original("BREW")], false),
            (vec![original("")], false),
            (vec![forwarded("GET"), original("POST")], false),
            (vec![forwarded("POST"), original("GET")], false),
            (vec![forwarded("GET"), forwarded("POST")], false),
            (vec![original("POST"), original("GET")], false),
        ] {
            let call = foreign
                .iter()
                .chain(&told)
                .fold(Call::get(VERIFY), |call, (name, value)| call.header(name, value));
            let answer = ada.send(ada.with_access(call.clone())).await;
            if may_pass {
                assert_identity(&answer, &ada, "editor,viewer");
            } else {
                assert_refused(&answer, 403, "origin_not_allowed");
                // No credential has been read.
                assert_refused(&app.send(call).await, 403, "origin_not_allowed");
            }
        }
    }
}

#[tokio::test]
async fn a_page_of_ours_may_do_what_it_likes() {
    let Cast { app: _app, ada, .. } = Cast::assemble().await;
    for origin in [Some(OWN), Some(ALLOWED), None] {
        for method in [None, Some("GET"), Some("POST")] {
            let mut call = Call::get(VERIFY);
            if let Some(origin) = origin {
                call = call.header("origin", origin);
            }
            if let Some(method) = method {
                call = call.header("x-forwarded-method", method);
            }
            assert_identity(&ada.send(ada.with_access(call)).await, &ada, "editor,viewer");
        }
    }
}

/// Identity headers that come from outside are no identity.
#[tokio::test]
async fn what_the_outside_says_of_itself_is_not_believed() {
    let Cast { app, ada, bob } = Cast::assemble().await;
    let lie = |call: Call| {
        let claims = ada.claims();
        call.header("x-auth-subject", claims["sub"].as_str().unwrap())
            .header("x-auth-session", ada.session())
            .header("x-auth-roles", "editor,viewer")
            .header("x-forwarded-uri", "/?role=viewer")
            .header("x-original-uri", "/?role=viewer")
    };
    let call = || lie(Call::get(VERIFY));
    assert_identity(&bob.send(bob.with_access(call())).await, &bob, "");
    assert_refused(&app.send(call()).await, 401, "unauthenticated");
    let editors = lie(Call::get("/api/auth/verify?role=editor"));
    assert_refused(&bob.send(bob.with_access(editors)).await, 403, "forbidden");
}

#[tokio::test]
async fn roles_are_known_without_the_database() {
    let Cast { app, ada, bob } = Cast::assemble().await;
    assert_eq!(ada.verify().await.status, 200);
    app.flush().await;
    for table in ["users", "sessions"] {
        app.database.sql(&format!("alter table {table} rename to {table}_away")).await;
    }
    assert_identity(&ask(&ada, "?role=editor").await, &ada, "editor,viewer");
    // One that nobody has seen yet.
    assert_refused(&ask(&bob, "?role=editor").await, 403, "forbidden");
    for table in ["users", "sessions"] {
        app.database.sql(&format!("alter table {table}_away rename to {table}")).await;
    }
}
