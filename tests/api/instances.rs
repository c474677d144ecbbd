//! Several instances on one database. On SQLite they share a file, which is not how anybody should
//! run it, but the rules are the same.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use serde_json::json;
use tandem::{
    domain::{
        clock::{Clock, ManualClock, SystemClock},
        role::Roles,
    },
    store::{SchemaState, Store, StoreError},
};

use super::support::{Browser, Call, PASSWORD, TestApp, TestConfig, database::TestDatabase};

const NEW_PASSWORD: &str = "another sentence is one too";

/// No look but the ones that a story takes itself.
fn quiet() -> TestConfig {
    TestConfig::default().set("tokens.revocation_poll", "60s")
}

#[tokio::test]
async fn a_session_has_no_home() {
    let one = TestApp::start().await;
    let (two, three) = (one.second().await, one.second().await);
    let mut ada = one.browser();
    ada.register("ada").await;
    ada = ada.at(&two);
    assert_eq!(ada.login("ada").await.status, 200);
    for instance in [&three, &one, &two, &three] {
        ada = ada.at(instance);
        assert_eq!(ada.me().await.status, 200);
        one.advance(60);
        let before = ada.tokens.clone();
        assert_eq!(ada.refresh().await.status, 200);
        assert_ne!(ada.tokens, before);
    }
    assert_eq!(ada.at(&one).logout().await.status, 204);
    ada.at(&two).refresh().await.assert_refused(401, "invalid_token");
}

/// Asks until the answer is no longer yes, for at most two seconds.
async fn until_refused(mut ask: impl AsyncFnMut() -> u16) -> u16 {
    for _ in 0..80 {
        let status = ask().await;
        if status != 200 {
            return status;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    200
}

#[tokio::test]
async fn what_ends_on_one_ends_on_the_other_by_itself() {
    let config = TestConfig::default().set("tokens.revocation_poll", "50ms");
    let here = TestApp::with(config).await;
    let there = here.second().await;
    let mut ada = here.logged_in("ada").await;
    let seen_there = ada.at(&there);
    assert_eq!(seen_there.verify().await.status, 200);
    ada.logout().await;
    assert_eq!(until_refused(async || seen_there.verify().await.status).await, 401);
    seen_there.verify().await.assert_refused(401, "invalid_token");

    let bob = here.logged_in("bob").await;
    let seen_there = bob.at(&there);
    assert_eq!(seen_there.verify().await.status, 200);
    let id = here.auth().find_user("bob@example.com").await.unwrap().id;
    here.auth().set_roles(id, &Roles::parse(["admin"]).unwrap()).await.unwrap();
    assert_eq!(until_refused(async || seen_there.verify().await.status).await, 401);
    seen_there.verify().await.assert_refused(401, "access_expired");
}

#[tokio::test]
async fn a_password_changed_on_one_ends_the_sessions_of_all() {
    let here = TestApp::with(quiet()).await;
    let there = here.second().await;
    let mut ada = here.logged_in("ada").await;
    let mut phone = there.browser();
    phone.login("ada").await;
    assert_eq!(phone.me().await.status, 200);
    assert_eq!(ada.change_password(PASSWORD, NEW_PASSWORD).await.status, 200);
    let old = there.browser().login("ada").await;
    old.assert_refused(401, "invalid_credentials");
    phone.refresh().await.assert_refused(401, "invalid_token");
    there.look().await;
    phone.me().await.assert_refused(401, "invalid_token");
    assert_eq!(ada.at(&there).me().await.status, 200);
}

#[tokio::test]
async fn a_lost_answer_is_given_again_by_the_other() {
    let here = TestApp::with(quiet()).await;
    let there = here.second().await;
    let ada = here.logged_in("ada").await;
    here.advance(60);
    let lost = ada.refresh_lost().await;
    let mut again = ada.at(&there);
    let answer = again.refresh().await;
    assert_eq!(answer.status, 200);
    let mut first = ada.clone();
    first.keep(&lost);
    assert_eq!(again.tokens.body_refresh, first.tokens.body_refresh);
    assert_eq!(again.tokens.cookie_refresh, first.tokens.cookie_refresh);
    assert_eq!(again.claims()["gen"], 2);
    assert_ne!(again.tokens.body_access, first.tokens.body_access);
}

#[tokio::test]
async fn refreshes_that_race_on_two_instances_end_in_one_generation() {
    let here = TestApp::with(quiet()).await;
    let there = here.second().await;
    let mut ada = here.logged_in("ada").await;
    for generation in 2..7 {
        here.advance(60);
        let mut tabs = [ada.clone(), ada.at(&there), ada.clone(), ada.at(&there)];
        let answers = join_all(tabs.iter_mut().map(Browser::refresh)).await;
        for (tab, answer) in tabs.iter().zip(answers) {
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(tab.claims()["gen"], generation);
            assert_eq!(tab.tokens.body_refresh, tabs[0].tokens.body_refresh);
            assert_eq!(tab.tokens.cookie_refresh, tabs[0].tokens.cookie_refresh);
            assert_eq!(tab.me().await.status, 200);
        }
        let [first, ..] = tabs;
        ada = first;
    }
}

/// The thief has the first pair; the owner has moved on, and has been seen to, on another instance.
#[tokio::test]
async fn what_one_has_seen_counts_for_the_other_once_it_is_written() {
    for written in [false, true] {
        let here = TestApp::with(quiet()).await;
        let there = here.second().await;
        let mut ada = here.logged_in("ada").await;
        let thief = ada.at(&there);
        here.advance(60);
        ada.refresh().await;
        if written {
            ada.me().await;
            here.flush().await;
        }
        here.advance(31);
        let answer = thief.refresh_lost().await;
        if written {
            answer.assert_problem(401, "invalid_token");
            assert_eq!(answer.all("set-cookie").len(), 2);
            here.look().await;
            ada.me().await.assert_refused(401, "invalid_token");
        } else {
            assert_eq!(answer.status, 200, "not acknowledged: an answer may have been lost");
        }
    }
}

#[tokio::test]
async fn instances_that_start_at_once_make_one_set_of_keys() {
    let database = Arc::new(TestDatabase::create().await);
    let clock = Arc::new(ManualClock::new(SystemClock.now()));
    // Not a loopback name, which would be given the port of each.
    let config = TestConfig::default().set("server.public_url", "https://auth.example.com");
    let starts = (0..4)
        .map(|_| TestApp::instance(config.clone(), Arc::clone(&database), Arc::clone(&clock)));
    let instances = join_all(starts).await;
    for (state, count) in [("active", 3), ("pending", 3), ("retired", 0), ("revoked", 0)] {
        let query = format!("select count(*) from signing_keys where state = '{state}'");
        assert_eq!(database.number(&query).await, count, "{state}");
    }
    let ada = instances[0].logged_in("ada").await;
    for instance in &instances {
        assert_eq!(ada.at(instance).me().await.status, 200);
    }
}

async fn open(database: &TestDatabase) -> Store {
    Store::open(&database.url, Duration::from_secs(20), 4).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_opens_a_database_that_another_is_making_waits() {
    for _ in 0..20 {
        let database = Arc::new(TestDatabase::create().await);
        let opening = (0..8).map(|_| {
            let database = Arc::clone(&database);
            tokio::spawn(async move { open(&database).await.database_time().await })
        });
        for time in join_all(opening).await {
            time.unwrap().unwrap();
        }
    }
}

#[tokio::test]
async fn replicas_that_migrate_an_empty_database_at_once_all_succeed() {
    let database = TestDatabase::create().await;
    let stores = join_all((0..4).map(|_| open(&database))).await;
    assert_eq!(stores[0].schema_state().await.unwrap(), SchemaState::Old);
    let outcomes: Vec<Result<(), StoreError>> =
        join_all(stores.iter().map(Store::migrate_up)).await;
    for outcome in outcomes {
        outcome.unwrap();
    }
    for store in &stores {
        assert_eq!(store.schema_state().await.unwrap(), SchemaState::Current);
        assert!(store.migrations().await.unwrap().iter().all(|step| step.applied));
    }
    // Nothing is left that would keep the next one waiting.
    stores[3].migrate_up().await.unwrap();
}

#[tokio::test]
async fn on_an_old_schema_a_server_database_is_left_alone_unless_told_otherwise() {
    let database = TestDatabase::create().await;
    let clock = Arc::new(ManualClock::new(SystemClock.now()));
    let config = TestConfig::default();
    if database.is_server() {
        let error = config.start_error(&database.url, &clock, false).await;
        let message = error.to_string();
        assert!(
            message.contains("tandem migrate up") && message.contains("--migrate"),
            "{message}"
        );
        assert_eq!(open(&database).await.schema_state().await.unwrap(), SchemaState::Old);
    }
    // An embedded database belongs to this service alone: it is always brought up to date.
    let migrate = database.is_server();
    let app = config.build(&database.url, &clock, migrate).await.unwrap();
    let ready = app.ready();
    app.run_until(ready).await.unwrap();
    assert_eq!(open(&database).await.schema_state().await.unwrap(), SchemaState::Current);
    // From then on nobody has to say anything.
    let app = config.build(&database.url, &clock, false).await.unwrap();
    let ready = app.ready();
    app.run_until(ready).await.unwrap();
}

#[tokio::test]
async fn one_instance_after_another_can_be_replaced_without_losing_a_session() {
    let mut old = TestApp::with(quiet()).await;
    let mut browsers = Vec::new();
    for name in ["ada", "bob", "eve"] {
        browsers.push(old.logged_in(name).await);
    }
    for _ in 0..3 {
        let new = old.second().await;
        old.advance(60);
        for (n, browser) in browsers.iter_mut().enumerate() {
            if n == 1 {
                assert_eq!(browser.refresh().await.status, 200);
                assert_eq!(browser.me().await.status, 200);
            }
            *browser = browser.at(&new);
        }
        old.stop().await;
        for browser in &mut browsers {
            assert_eq!(browser.me().await.status, 200);
            assert_eq!(browser.refresh().await.status, 200);
        }
        old = new;
    }
    let answer = old.send(Call::get("/health/live")).await;
    assert_eq!(answer.json()["problems"], json!([]));
}
