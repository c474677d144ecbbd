//! What ends a session of this flow: the same as ends any other.

use std::process::Command;

use tandem::domain::id::SessionId;

use super::*;

async fn list(browser: &Browser) -> Vec<Value> {
    let answer = browser.call("GET", "/api/auth/sessions").await;
    assert_eq!(answer.status, 200);
    answer.json()["sessions"].as_array().unwrap().clone()
}

#[tokio::test]
async fn it_is_listed_beside_the_others() {
    let app = TestApp::start().await;
    let dual = app.logged_in("ada").await;
    app.advance(60);
    let page = another(&app, "ada").await;
    let seen = list(&page).await;
    let column = |name: &str| seen.iter().map(|session| session[name].clone()).collect::<Vec<_>>();
    assert_eq!(column("id"), [page.session(), dual.session()]);
    assert_eq!(column("current"), [true, false]);
    assert_eq!(column("amr"), vec![json!(["pwd"]); 2]);
    assert!(seen.iter().all(|session| !session.to_string().contains("tdm_")));
    let members =
        |session: &Value| session.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(members(&seen[0]), members(&seen[1]));
}

/// The program itself, on the service's database.
fn tandem(app: &TestApp, arguments: &[&str]) {
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_tandem"))
        .args(arguments)
        .current_dir(directory.path())
        .env_clear()
        .env("TANDEM_DATABASE__URL", &app.database.url)
        .env("TANDEM_KEYS__MASTER_KEY", "dGVzdCBtYXN0ZXIga2V5IG9mIDMyIGJ5dGVzIGxvbmc=")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// Ends the victim's session; the other browser is the same user's.
async fn end_by(app: &TestApp, way: &str, name: &str, victim: &Browser, other: &mut Browser) {
    let session = victim.session();
    let user = id_of(app, name).await;
    let auth = app.auth();
    match way {
        "logout" => drop(victim.clone().session_logout().await),
        "logout by the pair" => {
            let answer = victim.clone().logout().await;
            assert_eq!(answer.all("set-cookie"), EXPIRED);
        }
        "one by one" => {
            let answer = other.call("DELETE", &format!("/api/auth/sessions/{session}")).await;
            assert_eq!((answer.status, answer.all("set-cookie")), (204, vec![]));
        }
        "by itself" => {
            let answer = victim.call("DELETE", &format!("/api/auth/sessions/{session}")).await;
            assert_eq!(answer.all("set-cookie"), EXPIRED);
        }
        "all others" => drop(other.call("DELETE", "/api/auth/sessions").await),
        "everywhere" => {
            let answer = victim.call("POST", "/api/auth/logout-all").await;
            assert_eq!(answer.all("set-cookie"), EXPIRED);
        }
        "another login" => drop(victim.clone().password_login(name).await),
        "a login of the other flow" => drop(victim.clone().login(name).await),
        "a new password" => drop(other.change_password(PASSWORD, NEW_PASSWORD).await),
        "the operator's new password" => {
            let user = auth.find_user(&user.to_string()).await.unwrap();
            auth.set_password(&user, NEW_PASSWORD).await.unwrap();
        }
        "disabling" => auth.disable_user(user).await.unwrap(),
        "the operator" => {
            let id = SessionId::parse(&session).unwrap();
            assert!(auth.operator_ends_session(id).await.unwrap());
        }
        "the program" => {
            tandem(app, &["session", "end", &session]);
            app.look().await;
        }
        _ => panic!("{way}"),
    }
}

const WAYS: [&str; 13] = [
    "logout",
    "logout by the pair",
    "one by one",
    "by itself",
    "all others",
    "everywhere",
    "another login",
    "a login of the other flow",
    "a new password",
    "the operator's new password",
    "disabling",
    "the operator",
    "the program",
];

#[tokio::test]
async fn an_ended_session_gives_no_pair_and_its_pair_is_refused_at_once() {
    let app = TestApp::start().await;
    let elsewhere = app.second().await;
    for way in WAYS {
        let name = way.replace([' ', '\''], "");
        let mut other = with_pair(&app, &name).await;
        let victim = another(&app, &name).await;
        // Seen by either instance, so that both remember the pair as verified.
        assert_eq!(victim.verify().await.status, 200, "{way}");
        let seen_elsewhere = victim.at(&elsewhere);
        assert_eq!(seen_elsewhere.verify().await.status, 200, "{way}");

        end_by(&app, way, &name, &victim, &mut other).await;
        victim.verify().await.assert_refused(401, "invalid_token");
        assert!(!is_alive(&victim).await, "{way}");
        // What asks the database knows at once; what does not, with the next look.
        assert_no_session(&seen_elsewhere.clone().exchange().await);
        elsewhere.look().await;
        seen_elsewhere.verify().await.assert_refused(401, "invalid_token");

        let row = row(&app, &victim).await;
        assert!(row.ended_at.is_some() && row.changed_at == row.ended_at, "{way}");
        assert_eq!((row.body_hash, row.cookie_hash), (None, None), "{way}");
        let bystanders = ["all others", "one by one", "by itself", "the operator", "the program"];
        if bystanders.contains(&way) {
            assert!(is_alive(&other).await, "{way}");
        }
    }
}

#[tokio::test]
async fn the_oldest_ends_where_there_are_too_many() {
    let app = TestApp::with(TestConfig::default().set("tokens.max_sessions", "2")).await;
    let oldest = with_pair(&app, "ada").await;
    app.advance(1);
    let kept = another(&app, "ada").await;
    app.advance(1);
    let newest = another(&app, "ada").await;
    assert!(!is_alive(&oldest).await);
    assert!(is_alive(&kept).await && is_alive(&newest).await);
}

#[tokio::test]
async fn a_change_of_password_opens_a_new_session_of_the_same_flow() {
    let app = TestApp::start().await;
    let mut page = with_pair(&app, "ada").await;
    let other = another(&app, "ada").await;
    let mut dual = app.browser();
    dual.login("ada").await;
    let before = page.clone();
    let stored = app.stored().await;
    page.change_password("not this one at all", NEW_PASSWORD).await.field_errors();
    assert_eq!(app.stored().await, stored);

    let answer = page.change_password(PASSWORD, NEW_PASSWORD).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json();
    let members: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["access_token", "expires_in", "session", "token_type", "user"]);
    assert_eq!(body["expires_in"], 60);
    assert_eq!(body["session"]["id"], page.session());
    let secret = cookie(&page);
    assert_ne!(secret, cookie(&before));
    let [access, session, refresh] = answer.all("set-cookie")[..] else { panic!("{answer:?}") };
    assert!(access.starts_with("tandem-access=ey"), "{access}");
    assert_eq!(
        session,
        format!("tandem-session={secret}; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict")
    );
    assert_eq!(refresh, EXPIRED[1]);
    for old in [&before, &other] {
        assert!(!is_alive(old).await);
    }
    dual.me().await.assert_refused(401, "invalid_token");
    dual.refresh().await.assert_refused(401, "invalid_token");
    assert_ne!(page.session(), before.session());
    assert!(is_alive(&page).await);
    assert_eq!(row(&app, &page).await.flow, "session");
}

/// What is told of a session: event, reason, request.
fn told(session: &str) -> Vec<[String; 3]> {
    let names = ["event", "reason", "request_id"];
    log::audited(session).iter().map(|line| names.map(|name| line.get(name).to_owned())).collect()
}

#[tokio::test]
async fn its_life_is_told_to_the_log() {
    log::listen();
    let app = TestApp::start().await;
    let mut page = app.browser();
    page.register("ada").await;
    let body = json!({ "email": email("ada"), "password": PASSWORD });
    let call = Call::post("/iam/passwordlogin").json(&body).header("x-request-id", "login-1");
    page.keep(&app.send(call).await);
    let exchange = |page: &Browser, id: &str| page.exchange_call().header("x-request-id", id);
    page.keep(&app.send(exchange(&page, "exchange-1")).await);
    app.advance(60);
    page.keep(&app.send(exchange(&page, "exchange-2")).await);
    let session = page.session();
    let out = page.with_cookies(Call::post("/iam/logout")).header("origin", &page.origin);
    app.send(out.clone().header("x-request-id", "logout-1")).await;
    app.send(out.header("x-request-id", "logout-2")).await;
    app.send(exchange(&page, "exchange-3")).await;
    assert_eq!(
        told(&session),
        [
            ["authn_login_success", "", "login-1"],
            ["session_renewed", "", "exchange-2"],
            ["session_ended", "logout", "logout-1"],
        ]
    );
    let ip = log::audited(&session).iter().all(|line| line.get("ip") == "127.0.0.1");
    assert!(ip);
}
