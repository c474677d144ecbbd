//! When the database fails. A network that breaks needs a database behind a network, so most of these
//! stories are over at once on SQLite; what an embedded database can suffer is at the end.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures_util::future::join_all;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, TransactionTrait};
use serde_json::{Value, json};
use tandem::domain::clock::{Clock, ManualClock, SystemClock};
use tokio::time::{sleep, timeout};

use super::support::{
    Browser, Call, PASSWORD, TestApp, TestConfig, browser::email, database::TestDatabase, log,
    proxy::Proxy,
};

/// Patience is short, and everything is looked at often. Every refresh rotates, so that no story has to
/// move the clock away from the database's.
fn impatient() -> TestConfig {
    let config =
        TestConfig::default().set("database.timeout", "3s").set("tokens.reuse_interval", "0s");
    config.set("tokens.revocation_poll", "50ms").set("server.request_timeout", "5s")
}

/// A database server behind a network that can break; `None` on SQLite.
async fn behind_a_network() -> Option<(Arc<TestDatabase>, Proxy, TestConfig, Arc<ManualClock>)> {
    let database = Arc::new(TestDatabase::create().await);
    if !database.is_server() {
        return None;
    }
    let proxy = Proxy::before(&database.url).await;
    let config = impatient().set("database.url", &proxy.url);
    Some((database, proxy, config, Arc::new(ManualClock::new(SystemClock.now()))))
}

async fn started() -> Option<(TestApp, Proxy)> {
    let (database, proxy, config, clock) = behind_a_network().await?;
    Some((TestApp::instance(config, database, clock).await, proxy))
}

/// Asks until readiness is as wanted, for a while.
async fn until(app: &TestApp, wanted: impl Fn(&Value) -> bool) {
    for _ in 0..600 {
        app.catch_up();
        let answer = app.send(Call::get("/health/ready")).await;
        let health = answer.json();
        assert_eq!(answer.status == 200, health["problems"] == json!([]), "{answer:?}");
        assert_eq!(answer.status == 200, health["status"] == "ok", "{answer:?}");
        if wanted(&health) {
            return;
        }
        sleep(Duration::from_millis(25)).await;
    }
    panic!("for ever {:?}", app.send(Call::get("/health/ready")).await);
}

async fn until_ready(app: &TestApp) {
    until(app, |health| health["status"] == "ok").await;
}

async fn until_not_ready(app: &TestApp) {
    until(app, |health| health["status"] == "unavailable").await;
}

/// Everything that cannot be done without a database.
fn calls_that_need_it(browser: &Browser) -> Vec<(&'static str, Call)> {
    let account = json!({ "email": email("bob"), "password": PASSWORD });
    let change = json!({ "current_password": PASSWORD, "new_password": "another good sentence" });
    let with = |method: &str, path: &str| browser.with_access(Call::new(method, path));
    vec![
        ("register", Call::post("/api/auth/register").json(&account)),
        ("login", Call::post("/api/auth/login").json(&account)),
        ("refresh", browser.refresh_call()),
        ("change the password", with("POST", "/api/auth/password").json(&change)),
        ("me", with("GET", "/api/auth/me")),
        ("list sessions", with("GET", "/api/auth/sessions")),
        ("end others", with("DELETE", "/api/auth/sessions")),
        ("end one", with("DELETE", &format!("/api/auth/sessions/{}", browser.session()))),
        ("log out", with("POST", "/api/auth/logout")),
        ("log out everywhere", with("POST", "/api/auth/logout-all")),
    ]
}

/// All of them at once, each within a few seconds.
async fn assert_unavailable(browser: &Browser) {
    let calls = calls_that_need_it(browser).into_iter().map(|(what, call)| async move {
        let answer = timeout(Duration::from_secs(15), browser.send(call)).await;
        (what, answer.unwrap_or_else(|_| panic!("{what} took for ever")))
    });
    for (what, answer) in join_all(calls).await {
        assert_eq!(answer.status, 503, "{what}");
        answer.assert_refused(503, "unavailable");
        assert_eq!(answer.header("retry-after"), Some("1"), "{what}");
    }
}

/// What goes on without a database: pairs are judged by what is known.
async fn assert_going_on(app: &TestApp, seen: &Browser, unseen: &Browser) {
    assert_eq!(seen.verify().await.status, 200);
    assert_eq!(unseen.verify().await.status, 200);
    assert_eq!(app.send(Call::get("/.well-known/jwks.json")).await.status, 200);
    let live = app.send(Call::get("/health/live")).await;
    assert_eq!((live.status, live.json()["status"].as_str()), (200, Some("ok")));
    until(app, |health| {
        let problems = health["problems"].to_string();
        problems.contains("the database cannot be asked") && health["revocations_age"].is_u64()
    })
    .await;
}

#[tokio::test]
async fn while_the_database_is_away_pairs_are_verified_and_nobody_is_logged_out() {
    let Some((app, proxy)) = started().await else { return };
    let (mut ada, bob) = (app.logged_in("ada").await, app.logged_in("bob").await);
    assert_eq!(ada.verify().await.status, 200);
    let stored = app.stored().await;

    app.catch_up();
    app.look().await;
    proxy.cut();
    assert_unavailable(&ada).await;
    assert_going_on(&app, &ada, &bob).await;

    proxy.heal();
    until_ready(&app).await;
    assert_eq!(app.stored().await, stored, "nothing was consumed");
    let session = ada.session();
    assert_eq!(ada.refresh().await.status, 200);
    assert_eq!((ada.session(), ada.claims()["gen"].as_i64()), (session, Some(2)));
    assert_eq!(ada.me().await.status, 200);
}

#[tokio::test]
async fn while_the_database_is_away_a_page_of_the_session_flow_is_told_to_come_back() {
    let Some((app, proxy)) = started().await else { return };
    let mut page = app.in_session_flow("ada").await;
    assert_eq!(page.exchange().await.status, 200);
    let stored = app.stored().await;

    app.catch_up();
    app.look().await;
    proxy.cut();
    let within = Duration::from_secs(15);
    let exchange = timeout(within, page.clone().exchange()).await.expect("it took for ever");
    exchange.assert_oauth_error(503, "temporarily_unavailable");
    assert_eq!(exchange.header("retry-after"), Some("1"));
    for answer in [
        timeout(within, page.clone().session_logout()).await.expect("it took for ever"),
        timeout(within, page.clone().password_login("ada")).await.expect("it took for ever"),
    ] {
        answer.assert_refused(503, "unavailable");
    }
    assert_eq!(page.verify().await.status, 200);
    // What cannot be a cookie of ours needs no database to be refused.
    let mut junk = app.browser();
    junk.session_cookie = Some("junk".to_owned());
    junk.exchange().await.assert_oauth_error(400, "invalid_grant");

    proxy.heal();
    until_ready(&app).await;
    assert_eq!(app.stored().await, stored, "nothing was consumed");
    assert_eq!(page.exchange().await.status, 200);
    assert_eq!(page.me().await.status, 200);
}

#[tokio::test]
async fn a_database_that_says_nothing_is_as_good_as_away() {
    let Some((app, proxy)) = started().await else { return };
    let (mut ada, bob) = (app.logged_in("ada").await, app.logged_in("bob").await);
    assert_eq!(ada.verify().await.status, 200);

    app.catch_up();
    app.look().await;
    proxy.freeze();
    assert_unavailable(&ada).await;
    assert_going_on(&app, &ada, &bob).await;

    proxy.heal();
    until_ready(&app).await;
    // What was on its way may have arrived after all: a logout, say. Bob sent nothing.
    let mut bob = bob;
    assert_eq!(bob.refresh().await.status, 200);
    assert_eq!(bob.me().await.status, 200);
    let again = ada.login("ada").await.status;
    assert!([200, 401].contains(&again), "{again}");
}

/// Keeps everybody from reading and writing sessions, until it is closed.
async fn lock_sessions(app: &TestApp) -> DatabaseConnection {
    let mut options = ConnectOptions::new(&app.database.url);
    let connection = Database::connect(options.max_connections(1).clone()).await.unwrap();
    let lock = if app.database.url.starts_with("postgres") {
        "begin; lock table sessions in access exclusive mode"
    } else {
        "lock tables sessions write"
    };
    connection.execute_unprepared(lock).await.unwrap();
    connection
}

/// The connection is there, the statement arrives, and no answer ever comes.
#[tokio::test]
async fn a_look_that_takes_too_long_counts_as_a_failed_one() {
    let Some((app, _proxy)) = started().await else { return };
    let ada = app.logged_in("ada").await;
    until_ready(&app).await;
    let lock = lock_sessions(&app).await;
    until_not_ready(&app).await;
    assert_eq!(ada.verify().await.status, 200);
    lock.close().await.unwrap();
    until_ready(&app).await;
    assert_eq!(ada.me().await.status, 200);
}

#[tokio::test]
async fn a_service_can_be_stopped_though_its_database_says_nothing() {
    let Some((mut app, proxy)) = started().await else { return };
    let mut ada = app.logged_in("ada").await;
    ada.refresh().await;
    proxy.freeze();
    // A first sight that can no longer be written.
    assert_eq!(ada.verify().await.status, 200);
    timeout(Duration::from_secs(25), app.stop()).await.expect("it does not stop");
}

#[tokio::test]
async fn a_service_can_be_stopped_though_its_last_write_gets_no_answer() {
    let Some((mut app, _proxy)) = started().await else { return };
    let mut ada = app.logged_in("ada").await;
    ada.refresh().await;
    let _lock = lock_sessions(&app).await;
    assert_eq!(ada.verify().await.status, 200);
    timeout(Duration::from_secs(25), app.stop()).await.expect("it does not stop");
}

#[tokio::test]
async fn connections_that_broke_while_nobody_looked_are_replaced() {
    let Some((app, proxy)) = started().await else { return };
    let mut ada = app.logged_in("ada").await;
    for _ in 0..3 {
        proxy.cut();
        sleep(Duration::from_millis(20)).await;
        proxy.heal();
        assert_eq!(ada.me().await.status, 200);
        assert_eq!(ada.refresh().await.status, 200);
        assert_eq!(app.browser().login("ada").await.status, 200);
    }
}

#[tokio::test]
async fn a_service_that_starts_first_waits_for_its_database() {
    let Some((database, proxy, config, clock)) = behind_a_network().await else { return };
    proxy.cut();
    let app = config.build(&database.url, &clock, true).await.unwrap();
    let app = TestApp::launch(app, config, database, clock);
    for _ in 0..3 {
        let live = app.send(Call::get("/health/live")).await;
        assert_eq!((live.status, live.json()["problems"].clone()), (200, json!([])));
        let ready = app.send(Call::get("/health/ready")).await;
        assert_eq!((ready.status, ready.json()["status"].as_str()), (503, Some("unavailable")));
        assert!(ready.json()["problems"][0].as_str().unwrap().starts_with("starting"));
        let account = json!({ "email": email("ada"), "password": PASSWORD });
        for call in [
            Call::get("/api/auth/verify").bearer("x").cookie("tandem-access", "x"),
            Call::get("/api/auth/me"),
            Call::post("/api/auth/login").json(&account),
            Call::get("/.well-known/jwks.json"),
        ] {
            let answer = app.send(call).await;
            answer.assert_refused(503, "unavailable");
            assert_eq!(answer.header("retry-after"), Some("1"));
        }
        sleep(Duration::from_millis(50)).await;
    }
    proxy.heal();
    until_ready(&app).await;
    let ada = app.logged_in("ada").await;
    assert_eq!(ada.me().await.status, 200);
}

#[tokio::test]
async fn a_service_that_still_waits_for_its_database_can_be_stopped() {
    let Some((database, proxy, config, clock)) = behind_a_network().await else { return };
    proxy.cut();
    let app = config.build(&database.url, &clock, true).await.unwrap();
    let mut app = TestApp::launch(app, config, database, clock);
    assert_eq!(app.send(Call::get("/health/live")).await.status, 200);
    timeout(Duration::from_secs(20), app.stop()).await.expect("it does not stop");
}

/// As a replica does, or a server whose disk is full.
#[tokio::test]
async fn a_database_that_only_reads_is_not_available_to_who_writes() {
    let Some((app, proxy)) = started().await else { return };
    if !app.database.url.starts_with("postgres") {
        // On MariaDB the setting is the whole server's, and other tests run on it.
        return;
    }
    let mut ada = app.logged_in("ada").await;
    let (_, name) = app.database.url.rsplit_once('/').unwrap();
    let read_only = async |on: bool| {
        let set = format!("alter database {name} set default_transaction_read_only = {on}");
        let database = app.database.connect().await;
        database.execute_unprepared(&format!("begin read write; {set}; commit")).await.unwrap();
        proxy.cut();
        sleep(Duration::from_millis(20)).await;
        proxy.heal();
    };
    read_only(true).await;
    ada.refresh().await.assert_refused(503, "unavailable");
    app.browser().login("ada").await.assert_refused(503, "unavailable");
    ada.call("POST", "/api/auth/logout").await.assert_refused(503, "unavailable");
    assert_eq!(ada.me().await.status, 200);
    read_only(false).await;
    assert_eq!(ada.refresh().await.status, 200);
}

/// Somebody else's transaction is in the way, and does not end.
#[tokio::test]
async fn who_waits_for_a_lock_is_told_to_come_back_and_nobody_else_waits() {
    let app = TestApp::with(impatient().set("server.request_timeout", "1500ms")).await;
    let (mut ada, mut bob) = (app.logged_in("ada").await, app.logged_in("bob").await);
    let database = app.database.connect().await;
    let other = database.begin().await.unwrap();
    let touch = format!("update sessions set ip = '::1' where id = '{}'", ada.session());
    other.execute_unprepared(&touch).await.unwrap();

    for _ in 0..2 {
        let answer = ada.refresh().await;
        answer.assert_refused(503, "unavailable");
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    let answer = ada.call("POST", "/api/auth/logout").await;
    answer.assert_refused(503, "unavailable");
    // Reading goes on, and so does writing, except where the lock is on the whole database.
    assert_eq!((ada.me().await.status, ada.verify().await.status), (200, 200));
    if app.database.is_server() {
        assert_eq!(bob.refresh().await.status, 200);
        assert_eq!(app.browser().login("bob").await.status, 200);
    } else {
        bob.refresh().await.assert_refused(503, "unavailable");
        app.browser().login("bob").await.assert_refused(503, "unavailable");
    }
    other.rollback().await.unwrap();

    let mut statuses = BTreeSet::new();
    for browser in [&mut ada, &mut bob] {
        statuses.insert(browser.me().await.status);
    }
    assert!(statuses.contains(&200), "{statuses:?}");
    assert_eq!(bob.refresh().await.status, 200);
    let mut back = app.browser();
    assert_eq!(back.login("ada").await.status, 200);
    assert_eq!(back.me().await.status, 200);
}

#[tokio::test]
async fn a_defect_is_told_to_the_log_and_not_to_the_client() {
    log::listen();
    let app = TestApp::with(impatient()).await;
    let ada = app.logged_in("ada").await;
    app.database.sql("alter table users rename to people").await;
    for call in [
        ada.with_access(Call::get("/api/auth/me")),
        Call::post("/api/auth/login").json(&json!({ "email": email("ada"), "password": PASSWORD })),
    ] {
        let answer = app.send(call.header("x-request-id", "a-defect")).await;
        answer.assert_refused(500, "internal");
        assert_eq!(answer.header("retry-after"), None);
        let text = answer.text().to_lowercase();
        for hint in ["users", "select", "sql", "table", "relation"] {
            assert!(!text.contains(hint), "{text}");
        }
    }
    let told = |line: &log::Line| {
        line.get("request_id") == "a-defect" && line.get("cause").contains("users")
    };
    assert!(log::lines().iter().any(told), "nobody knows the cause");
    assert_eq!(ada.verify().await.status, 200);
    app.database.sql("alter table people rename to users").await;
    assert_eq!(ada.me().await.status, 200);
}
