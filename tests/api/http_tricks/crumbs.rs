//! Cookies as browsers send them, and as sibling hosts plant them.

use super::*;

const HTTPS: &str = "https://auth.example.com";
const ACCESS: &str = "__Host-tandem-access";
const REFRESH: &str = "__Secure-tandem-refresh";

#[tokio::test]
async fn the_access_cookie_may_stand_anywhere_among_others() {
    let app = TestApp::start().await;
    let ada = app.logged_in("ada").await;
    let body_only = holding(&ada, Tokens { cookie_access: None, ..ada.tokens.clone() });
    let pair = format!("tandem-access={}", ada.tokens.cookie_access.as_deref().unwrap());
    for lines in [
        vec![pair.clone()],
        vec![format!("a=b; {pair}")],
        vec![format!("{pair}; a=b")],
        vec![format!("a=b;{pair};c=d")],
        vec![format!(";; ;{pair};;")],
        vec![format!("a; =b; c==; {pair}; \u{e9}=\u{e9}; \"; d")],
        vec!["a=b".to_owned(), pair.clone(), "c=d".to_owned()],
        vec!["a=b; c=d".to_owned(), format!("e=f; {pair}")],
        vec![format!("$Version=1; {pair}; $Path=/")],
        vec![format!("a=b;\t{pair}")],
        vec![format!("{}{pair}", "junk=x; ".repeat(200))],
    ] {
        let mut call = body_only.with_access(Call::get("/api/auth/me"));
        for line in &lines {
            call = call.header("cookie", line);
        }
        assert_eq!(app.send(call).await.status, 200, "{lines:?}");
    }
}

/// Names that some reader takes for `name`, but no browser protects as it protects `name`.
fn look_alikes(name: &str) -> Vec<String> {
    let (first, rest) = name.split_at(3);
    let encoded = format!("{}%{:02X}{}", &name[..2], name.as_bytes()[2], &name[3..]);
    vec![
        encoded.clone(),
        encoded.to_lowercase(),
        encoded.replace('%', "%25"),
        name.to_lowercase(),
        name.to_uppercase(),
        format!("{}{rest}", first.to_lowercase()),
        format!("\u{2000}{name}"),
        format!("\u{85}{name}"),
        format!("\u{a0}{name}"),
        format!("\u{feff}{name}"),
        format!("={name}"),
        format!("{name} "),
        format!("{name}\t"),
        format!("\"{name}\""),
        format!("${name}"),
        format!("x{name}"),
        format!("x {name}"),
        format!("x,{name}"),
        format!("{name}x"),
        format!("{name}[]"),
        name.replacen("__", "", 1),
        name.replace("__Host-", "").replace("__Secure-", ""),
        name.replace("__Host-", "__Secure-"),
        name.replace("__Host-", "__Http-"),
        name.replace("__Host-", "__Host-Http-"),
        name.replace('-', "_"),
        name.replace('-', "."),
        name.replace('s', "\u{17f}"),
    ]
    .into_iter()
    .filter(|other| other != name)
    .collect()
}

#[tokio::test]
async fn look_alike_names_are_other_cookies() {
    let app = TestApp::with(TestConfig::default().set("server.public_url", HTTPS)).await;
    let ada = app.logged_in("ada").await;
    let body_only = holding(&ada, Tokens { cookie_access: None, ..ada.tokens.clone() });
    let genuine = ada.tokens.cookie_access.as_deref().unwrap();
    for name in look_alikes(ACCESS) {
        // They are no access cookie …
        for value in [genuine, "x"] {
            let call = body_only.with_access(Call::get("/api/auth/me")).cookie(&name, value);
            let answer = app.send(call).await;
            assert_eq!(answer.code(), "invalid_token", "{name:?}");
        }
        // … nor do they stand in the way of one.
        for (first, second) in [(&*name, ACCESS), (ACCESS, &*name)] {
            let value = |which: &str| if which == ACCESS { genuine } else { "x" };
            let line = format!("{first}={}; {second}={}", value(first), value(second));
            let call = body_only.with_access(Call::get("/api/auth/me")).header("cookie", line);
            assert_eq!(app.send(call).await.status, 200, "{name:?}");
        }
    }
}

#[tokio::test]
async fn look_alike_names_are_other_cookies_at_refresh() {
    let app = TestApp::with(TestConfig::default().set("server.public_url", HTTPS)).await;
    let ada = app.logged_in("ada").await;
    let before = app.stored().await;
    let three = holding(&ada, Tokens { cookie_refresh: None, ..ada.tokens.clone() });
    let genuine = ada.tokens.cookie_refresh.as_deref().unwrap();
    for name in look_alikes(REFRESH) {
        let answer = three.send(three.refresh_call().cookie(&name, genuine)).await;
        answer.assert_refused(401, "invalid_token");
        let answer = ada.send(ada.refresh_call().cookie(&name, "x")).await;
        assert_eq!(answer.status, 200, "{name:?}");
    }
    assert_eq!(app.stored().await, before);
}

#[tokio::test]
async fn values_are_taken_as_they_are() {
    let app = TestApp::start().await;
    let ada = app.logged_in("ada").await;
    let body_only = holding(&ada, Tokens { cookie_access: None, ..ada.tokens.clone() });
    let genuine = ada.tokens.cookie_access.as_deref().unwrap();
    for value in [
        format!("\"{genuine}\""),
        genuine.replace('.', "%2E"),
        genuine.replace('.', "%2e"),
        format!("%20{genuine}"),
        format!(" {genuine}"),
        format!("={genuine}"),
        format!("{genuine}="),
        format!("{genuine} ; a=b"),
        format!("{genuine}, a=b"),
        format!("{genuine}\\"),
        format!("\\\"{genuine}\\\""),
        format!("{genuine}\u{e9}"),
        format!("v=1:{genuine}"),
    ] {
        let call = body_only.with_access(Call::get("/api/auth/me"));
        let answer = app.send(call.cookie("tandem-access", &value)).await;
        assert_eq!(answer.code(), "invalid_token", "{value:?}");
    }
}

/// A sibling host can plant refresh cookies. Each call below rotates: the genuine one counted.
#[tokio::test]
async fn tossed_refresh_cookies_are_ignored() {
    let app = TestApp::start().await;
    let mut ada = app.logged_in("ada").await;
    let mut elsewhere = app.browser();
    elsewhere.login("ada").await;
    let mallory = app.logged_in("mallory").await;
    let first = ada.clone();
    app.advance(60);
    assert_eq!(ada.refresh().await.status, 200);
    let cookie = |browser: &Browser| browser.tokens.cookie_refresh.clone().unwrap();
    let mut altered = cookie(&ada);
    altered.replace_range(50..51, if altered.as_bytes()[50] == b'A' { "B" } else { "A" });
    let many = format!("{}x", "x; tandem-refresh=".repeat(19));
    for junk in [
        "junk".to_owned(),
        String::new(),
        "\u{e9}".to_owned(),
        altered,
        cookie(&elsewhere),
        cookie(&mallory),
        cookie(&first),
        first.tokens.body_refresh.clone().unwrap(),
        ada.tokens.cookie_access.clone().unwrap(),
        format!("{}; tandem-refresh={}", cookie(&mallory), cookie(&first)),
        many,
    ] {
        for order in 0..4 {
            app.advance(60);
            assert_eq!(ada.me().await.status, 200);
            let generation = ada.claims()["gen"].as_u64().unwrap();
            let genuine = cookie(&ada);
            let three = holding(&ada, Tokens { cookie_refresh: None, ..ada.tokens.clone() });
            let call = three.refresh_call();
            let call = match order {
                0 => call.cookie("tandem-refresh", &junk).cookie("tandem-refresh", &genuine),
                1 => call.cookie("tandem-refresh", &genuine).cookie("tandem-refresh", &junk),
                2 => call.cookie("tandem-refresh", &format!("{junk}; tandem-refresh={genuine}")),
                _ => call.cookie("tandem-refresh", &format!("{genuine}; tandem-refresh={junk}")),
            };
            let answer = ada.send(call).await;
            assert_eq!(answer.status, 200, "{junk:?}, order {order}");
            ada.keep(&answer);
            assert_eq!(ada.claims()["gen"], generation + 1, "{junk:?}, order {order}");
        }
    }
    for browser in [&mut elsewhere, &mut { mallory }] {
        assert_eq!(browser.refresh().await.status, 200);
    }
}

#[tokio::test]
async fn tossed_refresh_cookies_alone_refresh_nothing_and_cost_nothing() {
    let app = TestApp::start().await;
    let ada = app.logged_in("ada").await;
    let mallory = app.logged_in("mallory").await;
    app.advance(60);
    let before = app.stored().await;
    let three = holding(&ada, Tokens { cookie_refresh: None, ..ada.tokens.clone() });
    for junk in ["junk", "", mallory.tokens.cookie_refresh.as_deref().unwrap()] {
        let mut call = three.refresh_call();
        for _ in 0..20 {
            call = call.cookie("tandem-refresh", junk);
        }
        three.send(call).await.assert_refused(401, "invalid_token");
    }
    assert_eq!(app.stored().await, before);
}

/// The jar of a browser can hold two: one set for the host, one that a mistaken proxy set again.
#[tokio::test]
async fn of_two_genuine_generations_the_higher_counts() {
    let app = TestApp::start().await;
    let mut ada = app.logged_in("ada").await;
    for _ in 0..2 {
        let older = ada.tokens.cookie_refresh.clone().unwrap();
        app.advance(60);
        assert_eq!(ada.refresh().await.status, 200);
        assert_eq!(ada.me().await.status, 200);
        // Settled: the older one alone would end the session.
        app.advance(60);
        let newer = ada.tokens.cookie_refresh.clone().unwrap();
        let generation = ada.claims()["gen"].as_u64().unwrap();
        let three = holding(&ada, Tokens { cookie_refresh: None, ..ada.tokens.clone() });
        let call = three.refresh_call().cookie("tandem-refresh", &older);
        let answer = three.send(call.cookie("tandem-refresh", &newer)).await;
        assert_eq!(answer.status, 200);
        ada.keep(&answer);
        assert_eq!(ada.claims()["gen"], generation + 1);
    }
}
