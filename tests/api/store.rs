//! What the database holds, and what it holds together: rows at rest, uniqueness, transactions that meet.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sea_orm::{ConnectionTrait, DbBackend, TransactionTrait};
use serde_json::json;
use sha2::{Digest, Sha256};
use tandem::{
    crypto::refresh_token::RefreshHash,
    domain::{
        clock::Timestamp,
        email::Email,
        entropy::OsEntropy,
        flow::Flow,
        id::{SessionId, UserId},
        role::Roles,
        session::{Authentication, EndReason, Origination, Session},
        user::User,
    },
    store::{NewHashes, NewSession, NewUser, SchemaState, SecretHashes, Store, StoreError},
};
use tokio::time::{sleep, timeout};

use super::support::{
    Call, PASSWORD, TestApp, TestConfig,
    browser::email,
    database::{TestDatabase, snapshot},
};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// A database with the schema and nothing else.
async fn empty() -> (Arc<TestDatabase>, Store) {
    let database = Arc::new(TestDatabase::create().await);
    let store = Store::open(&database.url, Duration::from_secs(20), 5).await.unwrap();
    store.migrate_up().await.unwrap();
    (database, store)
}

fn new_user(address: &str) -> NewUser {
    NewUser {
        id: UserId::random(&OsEntropy),
        email: Email::parse(address).unwrap(),
        password_hash: "no hash".to_owned(),
        roles: Roles::default(),
        created_at: NOW,
    }
}

async fn user(store: &Store, address: &str) -> User {
    store.insert_user(new_user(address)).await.unwrap();
    let found = store.user_by_email(&Email::parse(address).unwrap()).await.unwrap();
    found.unwrap().user
}

fn new_session(user: &User) -> NewSession {
    let session = Session {
        id: SessionId::random(&OsEntropy),
        user: user.id,
        flow: Flow::Dual,
        created_at: NOW,
        last_seen_at: NOW,
        idle_expires_at: NOW.plus(Duration::from_hours(1)),
        expires_at: NOW.plus(Duration::from_hours(2)),
        tokens_not_before: None,
        ended_at: None,
        origination: Origination::default(),
        authentication: Authentication { time: NOW, methods: vec!["pwd".to_owned()] },
        generation: 1,
        acknowledged_at: None,
    };
    let hash = |byte| RefreshHash::from_slice(&[byte; 32]).unwrap();
    NewSession {
        session,
        hashes: NewHashes::Refresh(SecretHashes { body: hash(1), cookie: hash(2) }),
    }
}

#[tokio::test]
async fn the_schema_goes_up_and_down_and_up_again() {
    let (database, store) = empty().await;
    assert_eq!(store.schema_state().await.unwrap(), SchemaState::Current);
    let steps = store.migrations().await.unwrap();
    user(&store, "ada@example.com").await;
    for _ in &steps {
        store.migrate_down().await.unwrap();
        assert_eq!(store.schema_state().await.unwrap(), SchemaState::Old);
    }
    assert!(store.migrations().await.unwrap().iter().all(|step| !step.applied));
    assert!(store.users(0, 1).await.is_err(), "the table is still there");
    store.migrate_up().await.unwrap();
    store.migrate_up().await.unwrap();
    assert_eq!(store.migrations().await.unwrap(), steps);
    assert_eq!(database.number("select count(*) from users").await, 0);
}

/// The database itself keeps an address from having two accounts, and folds nothing on its own.
#[tokio::test]
async fn an_address_has_one_account_for_the_database_too() {
    let (database, store) = empty().await;
    user(&store, "ada@example.com").await;
    for same in ["ada@example.com", "ADA@example.com"] {
        let again = store.insert_user(new_user(same)).await;
        assert!(matches!(again, Err(StoreError::Conflict)), "{again:?}");
    }
    let others = ["\u{e1}da@example.com", "ad\u{e3}@example.com", "stra\u{df}e@x.example"];
    for other in others.into_iter().chain(["strasse@x.example", "a.da@example.com"]) {
        user(&store, other).await;
    }
    assert_eq!(database.number("select count(*) from users").await, 6);
}

#[tokio::test]
async fn of_refresh_tokens_only_hashes_of_two_generations_are_kept() {
    let app = TestApp::start().await;
    let mut ada = app.logged_in("ada").await;
    let secret_hash = |token: &Option<String>| {
        let bytes = URL_SAFE_NO_PAD.decode(&token.as_ref().unwrap()[8..]).unwrap();
        Sha256::digest(&bytes[21..53]).to_vec()
    };
    let mut previous: Option<(Vec<u8>, Vec<u8>)> = None;
    for generation in 1..6 {
        let row = app.database.stored_session(&ada.session()).await;
        let current =
            (secret_hash(&ada.tokens.body_refresh), secret_hash(&ada.tokens.cookie_refresh));
        assert_eq!(row.generation, generation);
        assert_eq!(row.body_hash.zip(row.cookie_hash), Some(current.clone()));
        assert_eq!(row.previous_body_hash.zip(row.previous_cookie_hash), previous);
        assert_eq!(row.salt.map(|salt| salt.len()), (generation > 1).then_some(32));
        previous = Some(current);
        app.advance(60);
        ada.refresh().await;
    }
    assert_eq!(app.database.number("select count(*) from sessions").await, 1);
}

/// A login whose password has been checked, and a change of that password, in either order.
#[tokio::test]
async fn a_login_and_a_change_of_its_password_wait_for_each_other() {
    for login_first in [true, false] {
        let (_database, store) = empty().await;
        let ada = user(&store, "ada@example.com").await;
        let new = new_session(&ada);
        let log_in = async |pause: u64| {
            let transaction = store.begin().await.unwrap();
            if transaction.hold_user(&ada).await.unwrap().is_none() {
                return false;
            }
            transaction.insert_session(&new).await.unwrap();
            sleep(Duration::from_millis(pause)).await;
            transaction.commit().await.unwrap();
            true
        };
        let change = async |pause: u64| {
            let transaction = store.begin().await.unwrap();
            assert!(transaction.set_password(&ada, "another hash").await.unwrap());
            sleep(Duration::from_millis(pause)).await;
            let open = transaction.open_sessions(ada.id).await.unwrap();
            transaction.end_sessions(&open, EndReason::PasswordChange, NOW).await.unwrap();
            transaction.commit().await.unwrap();
            open
        };
        // The second begins while the first is still under way.
        let later = sleep(Duration::from_millis(150));
        if login_first {
            let (opened, ended) = tokio::join!(log_in(400), async {
                later.await;
                change(0).await
            });
            assert!(opened);
            assert_eq!(ended, [new.session.id], "a session outlives its password");
        } else {
            let (ended, opened) = tokio::join!(change(400), async {
                later.await;
                log_in(0).await
            });
            assert!(!opened, "an old password opens a session");
            assert_eq!(ended, []);
        }
        assert!(store.live_sessions(ada.id, NOW).await.unwrap().is_empty());
    }
}

/// Two transactions want what the other has. Whoever is made to back out, the operator and the owner
/// of a session get what they asked for. On SQLite they give up waiting once, and come back.
#[tokio::test]
async fn what_the_database_backs_out_of_is_begun_anew() {
    let app = TestApp::with(TestConfig::default().set("database.timeout", "1s")).await;
    let (mut ada, mut bob) = (app.logged_in("ada").await, app.logged_in("bob").await);
    let leave = bob.clone();
    let user = app.auth().find_user(&email("ada")).await.unwrap().id;
    let database = app.database.connect().await;
    let other = database.begin().await.unwrap();
    // More rows than the service has changed by then: what costs less is backed out.
    for row in ["sessions set ip = '::1'", "signing_keys set created_at = created_at + 1"] {
        other.execute_unprepared(&format!("update {row}")).await.unwrap();
    }
    let in_the_way = async {
        sleep(Duration::from_millis(500)).await;
        let want = format!("update users set created_at = created_at + 1 where id = '{user}'");
        if other.execute_unprepared(&want).await.is_ok() {
            sleep(Duration::from_secs(1)).await;
            other.commit().await.unwrap();
        }
    };
    let leaving = leave.call("POST", "/api/auth/logout");
    let (disabled, logout, ()) = tokio::join!(app.auth().disable_user(user), leaving, in_the_way);
    disabled.unwrap();
    assert_eq!(logout.status, 204, "{logout:?}");
    for browser in [&mut ada, &mut bob] {
        browser.refresh().await.assert_refused(401, "invalid_token");
    }
    app.browser().login("ada").await.assert_refused(401, "invalid_credentials");
}

/// What is asked for is refused for now; it does not wait for as long as somebody holds the row.
#[tokio::test]
async fn a_lock_is_waited_for_no_longer_than_a_connection() {
    let app = TestApp::with(TestConfig::default().set("database.timeout", "1s")).await;
    app.logged_in("ada").await;
    let user = app.auth().find_user(&email("ada")).await.unwrap().id;
    let database = app.database.connect().await;
    let other = database.begin().await.unwrap();
    let hold = format!("update users set created_at = created_at + 1 where id = '{user}'");
    other.execute_unprepared(&hold).await.unwrap();
    let disabled = timeout(Duration::from_secs(30), app.auth().disable_user(user)).await;
    assert!(disabled.expect("waits for ever").is_err());
    other.rollback().await.unwrap();
    app.auth().disable_user(user).await.unwrap();
}

#[tokio::test]
async fn a_login_counts_only_against_the_account_as_it_is() {
    let (_database, store) = empty().await;
    let ada = user(&store, "ada@example.com").await;
    let is_held = async |user: &User| {
        let transaction = store.begin().await.unwrap();
        transaction.hold_user(user).await.unwrap().is_some()
    };
    assert!(is_held(&ada).await);
    let unknown = User { id: UserId::random(&OsEntropy), ..ada.clone() };
    assert!(!is_held(&unknown).await);
    for disabled_at in [Some(NOW), None] {
        let transaction = store.begin().await.unwrap();
        assert!(transaction.set_disabled(ada.id, disabled_at).await.unwrap());
        transaction.commit().await.unwrap();
        assert!(!is_held(&ada).await, "{disabled_at:?}");
        let now = store.user(ada.id).await.unwrap().unwrap().user;
        assert_eq!(is_held(&now).await, disabled_at.is_none());
    }
    let transaction = store.begin().await.unwrap();
    assert!(!transaction.set_password(&ada, "another hash").await.unwrap());
    assert!(!transaction.set_password(&unknown, "another hash").await.unwrap());
    assert!(!transaction.set_roles(unknown.id, &Roles::default()).await.unwrap());
    assert!(!transaction.set_disabled(unknown.id, None).await.unwrap());
}

/// PostgreSQL compares a `char(n)` column with a text by converting the column. No index helps then:
/// looking up one session of a million takes seconds.
#[tokio::test]
async fn no_column_is_padded_text() {
    let (database, _store) = empty().await;
    let connection = database.connect().await;
    let columns = "select count(*) from information_schema.columns where data_type = ";
    let backend = connection.get_database_backend();
    let padded = if backend == DbBackend::Postgres {
        format!("{columns}'character' and table_schema = 'public'")
    } else if backend == DbBackend::MySql {
        format!("{columns}'char' and table_schema = database()")
    } else {
        "select count(*) from sqlite_schema t, pragma_table_info(t.name) c \
         where lower(c.type) like 'char%'"
            .to_owned()
    };
    assert_eq!(database.number(&padded).await, 0);
}

#[tokio::test]
async fn what_is_not_committed_never_happened() {
    let (database, store) = empty().await;
    let ada = user(&store, "ada@example.com").await;
    let before = snapshot(&database).await;
    let transaction = store.begin().await.unwrap();
    transaction.set_password(&ada, "another hash").await.unwrap();
    transaction.insert_session(&new_session(&ada)).await.unwrap();
    drop(transaction);
    let transaction = store.begin().await.unwrap();
    assert!(transaction.hold_user(&ada).await.unwrap().is_some());
    drop(transaction);
    assert_eq!(snapshot(&database).await, before);
}

#[tokio::test]
async fn an_account_that_is_deleted_takes_its_sessions_along() {
    let app = TestApp::start().await;
    let (mut ada, mut bob) = (app.logged_in("ada").await, app.logged_in("bob").await);
    app.database.sql("delete from users where email = 'ada@example.com'").await;
    assert_eq!(app.database.number("select count(*) from sessions").await, 1);
    app.advance(60);
    ada.me().await.assert_refused(401, "invalid_token");
    ada.refresh().await.assert_refused(401, "invalid_token");
    assert_eq!(ada.call("POST", "/api/auth/logout").await.status, 204);
    let answer = ada.change_password(PASSWORD, "another sentence is one too").await;
    answer.assert_refused(401, "invalid_token");
    assert_eq!(bob.refresh().await.status, 200);
    // The same address again is somebody else.
    let before = ada.claims()["sub"].clone();
    let ada = app.logged_in("ada").await;
    assert_ne!(ada.claims()["sub"], before);
}

/// A row that does not read is a defect and no default: least of all one that lets somebody in.
#[tokio::test]
async fn a_row_that_contradicts_the_rules_is_no_excuse() {
    for (table, change) in [
        ("users", "roles = 'Admin'"),
        ("users", "roles = 'admin;root'"),
        ("users", "email = 'no address'"),
        ("sessions", "flow = 'magic'"),
        ("sessions", "generation = -1"),
        ("sessions", "cookie_hash = null"),
        ("sessions", "body_hash = null"),
    ] {
        let app = TestApp::start().await;
        let mut ada = app.logged_in("ada").await;
        app.database.sql(&format!("update {table} set {change}")).await;
        app.advance(60);
        let refresh = ada.refresh().await;
        refresh.assert_refused(500, "internal");
        if table == "users" {
            app.browser().login("ada").await.assert_refused(500, "internal");
        }
        assert_eq!(ada.verify().await.status, 200, "{change}");
    }
}

#[tokio::test]
async fn text_that_looks_like_sql_is_text() {
    let app = TestApp::start().await;
    let payload = "x'; drop table sessions; -- \" ` \\ %_ ${x} {{x}}";
    let account =
        json!({ "email": "o'brien@example.com", "password": format!("{payload} {payload}") });
    assert_eq!(app.send(Call::post("/api/auth/register").json(&account)).await.status, 202);
    let login = Call::post("/api/auth/login").json(&account).header("user-agent", payload);
    let mut browser = app.browser();
    browser.keep(&app.send(login).await);
    let list = browser.call("GET", "/api/auth/sessions").await.json();
    assert_eq!(list["sessions"][0]["user_agent"], payload);
    assert_eq!(browser.me().await.json()["user"]["email"], "o'brien@example.com");
    for name in ["' or '1'='1", "x%", "_____", "*"] {
        let answer = browser.clone().login_with(&email(name), PASSWORD).await;
        assert!([401, 422].contains(&answer.status), "{name}: {answer:?}");
    }
}

#[tokio::test]
async fn what_is_looked_for_on_every_look_has_an_index() {
    let (database, _store) = empty().await;
    let indexes = if database.url.starts_with("postgres") {
        "select indexname::text from pg_indexes where tablename = 'sessions'"
    } else if database.url.starts_with("mysql") {
        "select cast(index_name as char) from information_schema.statistics \
         where table_name = 'sessions' and table_schema = database()"
    } else {
        "select name from sqlite_master where type = 'index' and tbl_name = 'sessions'"
    };
    let names = database.texts(indexes).await;
    for wanted in ["sessions_user_id", "sessions_changed_at", "sessions_expires_at"] {
        assert!(names.iter().flatten().any(|name| name == wanted), "{wanted}: {names:?}");
    }
}
