//! What ends a session, and how soon everybody knows.

use serde_json::json;
use tandem::domain::{
    clock::Clock,
    id::{SessionId, UserId},
    role::Roles,
};

use super::support::{Answer, Browser, PASSWORD, TestApp, TestConfig};

const NEW_PASSWORD: &str = "another sentence is one too";

async fn another(app: &TestApp, name: &str) -> Browser {
    let mut browser = app.browser();
    assert_eq!(browser.login(name).await.status, 200);
    browser
}

async fn id_of(app: &TestApp, browser: &Browser) -> UserId {
    app.auth().find_user(browser.claims()["sub"].as_str().unwrap()).await.unwrap().id
}

async fn set_roles(app: &TestApp, user: &Browser, roles: &[&str]) {
    let roles = Roles::parse(roles.iter().copied()).unwrap();
    app.auth().set_roles(id_of(app, user).await, &roles).await.unwrap();
}

/// Ends the victim's session; the other browser is the same user's.
async fn end_by(app: &TestApp, way: &str, victim: &Browser, other: &mut Browser) {
    let session = victim.session();
    let user = id_of(app, victim).await;
    let auth = app.auth();
    match way {
        "logout" => drop(victim.clone().logout().await),
        "one by one" => {
            drop(other.call("DELETE", &format!("/api/auth/sessions/{session}")).await);
        }
        "all others" => drop(other.call("DELETE", "/api/auth/sessions").await),
        "everywhere" => drop(other.call("POST", "/api/auth/logout-all").await),
        "another login" => drop(victim.clone().login("ada").await),
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
        "the operator, all of them" => {
            assert_eq!(auth.operator_ends_sessions_of(user).await.unwrap(), 2);
        }
        "reuse" => reuse(app, victim).await,
        _ => panic!("{way}"),
    }
}

/// Everything is refreshed twice, and then the first pair comes back.
async fn reuse(app: &TestApp, victim: &Browser) {
    let mut owner = victim.clone();
    for _ in 0..2 {
        app.advance(31);
        assert_eq!(owner.refresh().await.status, 200);
        assert_eq!(owner.me().await.status, 200);
    }
    app.advance(31);
    assert_eq!(victim.refresh_lost().await.status, 401);
    owner.me().await.assert_refused(401, "invalid_token");
}

const WAYS: [&str; 11] = [
    "logout",
    "one by one",
    "all others",
    "everywhere",
    "another login",
    "a new password",
    "the operator's new password",
    "disabling",
    "the operator",
    "the operator, all of them",
    "reuse",
];

#[tokio::test]
async fn an_ended_sessions_pair_is_refused_at_once_though_its_time_has_not_passed() {
    let app = TestApp::start().await;
    let elsewhere = app.second().await;
    for way in WAYS {
        let name = way.replace([' ', ',', '\''], "");
        let mut other = app.logged_in(&name).await;
        if way == "another login" {
            app.browser().register("ada").await;
        }
        let victim = another(&app, &name).await;
        // Seen by either instance, so that both remember the pair as verified.
        assert_eq!(victim.verify().await.status, 200, "{way}");
        let seen_elsewhere = victim.at(&elsewhere);
        assert_eq!(seen_elsewhere.verify().await.status, 200, "{way}");

        end_by(&app, way, &victim, &mut other).await;
        victim.verify().await.assert_refused(401, "invalid_token");
        victim.me().await.assert_refused(401, "invalid_token");
        victim.refresh_lost().await.assert_refused(401, "invalid_token");
        seen_elsewhere.refresh_lost().await.assert_refused(401, "invalid_token");

        elsewhere.look().await;
        seen_elsewhere.verify().await.assert_refused(401, "invalid_token");
    }
}

#[tokio::test]
async fn nothing_is_left_to_redeem_of_an_ended_session() {
    let app = TestApp::start().await;
    for way in WAYS {
        let name = way.replace([' ', ',', '\''], "");
        let mut other = app.logged_in(&name).await;
        if way == "another login" {
            app.browser().register("ada").await;
        }
        let mut victim = another(&app, &name).await;
        app.advance(60);
        let before = victim.clone();
        victim.refresh().await;
        other.refresh().await;
        end_by(&app, way, if way == "reuse" { &before } else { &victim }, &mut other).await;
        let left = format!(
            "select count(*) from sessions where id = '{}' and ended_at is not null \
             and end_reason is not null and changed_at = ended_at and body_hash is null \
             and cookie_hash is null and previous_body_hash is null \
             and previous_cookie_hash is null and salt is null",
            victim.session()
        );
        assert_eq!(app.database.number(&left).await, 1, "{way}");
    }
}

#[tokio::test]
async fn an_operator_can_end_every_session_there_is() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.logged_in("ada").await, app.logged_in("bob").await);
    assert_eq!(app.auth().operator_ends_every_session().await.unwrap(), 2);
    app.look().await;
    for browser in [ada, bob] {
        browser.verify().await.assert_refused(401, "invalid_token");
        browser.refresh_lost().await.assert_refused(401, "invalid_token");
    }
}

fn roles_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.header("x-auth-roles").unwrap().to_owned()
}

#[tokio::test]
async fn new_roles_take_hold_at_the_next_refresh_which_is_asked_for_at_once() {
    let app = TestApp::start().await;
    let elsewhere = app.second().await;
    let mut ada = app.logged_in("ada").await;
    let mut phone = another(&app, "ada").await;
    let bob = app.logged_in("bob").await;
    assert_eq!(roles_of(&ada.verify().await), "");
    for roles in [&["editor", "admin"][..], &["editor"], &[]] {
        set_roles(&app, &ada, roles).await;
        elsewhere.look().await;
        for browser in [&mut ada, &mut phone] {
            browser.verify().await.assert_refused(401, "access_expired");
            browser.me().await.assert_refused(401, "access_expired");
            browser.address = elsewhere.address;
            browser.me().await.assert_refused(401, "access_expired");
            // At once, though the tokens are young.
            assert_eq!(browser.refresh().await.status, 200);
            let mut sorted = roles.to_vec();
            sorted.sort_unstable();
            assert_eq!(roles_of(&browser.verify().await), sorted.join(","));
            browser.address = app.address;
            assert_eq!(roles_of(&browser.verify().await), sorted.join(","));
            assert_eq!(browser.claims()["roles"], json!(sorted));
        }
        assert_eq!(bob.verify().await.status, 200);
        app.advance(60);
    }
}

#[tokio::test]
async fn a_login_after_a_change_of_roles_has_the_new_ones() {
    let app = TestApp::start().await;
    let mut ada = app.logged_in("ada").await;
    set_roles(&app, &ada, &["admin"]).await;
    ada.login("ada").await;
    assert_eq!(roles_of(&ada.verify().await), "admin");
}

/// Two refreshes apart, with a change of roles between them that reached no revocation set: only the
/// cookie half can tell what its body half may claim.
#[tokio::test]
async fn halves_from_either_side_of_a_change_of_roles_do_not_fit() {
    let app = TestApp::start().await;
    let mut ada = app.logged_in("ada").await;
    let first = ada.clone();
    app.advance(40);
    ada.refresh().await;
    let mixed = |body: &Browser, cookie: &Browser| {
        let mut mixed = cookie.clone();
        mixed.tokens.body_access = body.tokens.body_access.clone();
        mixed
    };
    // Two generations of one session do fit, as long as nothing changed between them.
    assert_eq!(mixed(&first, &ada).me().await.status, 200);
    assert_eq!(mixed(&ada, &first).me().await.status, 200);

    let second = ada.clone();
    app.database.sql("update users set roles = 'admin'").await;
    app.advance(40);
    ada.refresh().await;
    assert_eq!(roles_of(&ada.verify().await), "admin");
    for old in [&first, &second] {
        mixed(old, &ada).me().await.assert_refused(401, "access_expired");
        mixed(&ada, old).me().await.assert_refused(401, "access_expired");
    }
    // A refresh mends it, whichever half is the old one.
    for mut torn in [mixed(&second, &ada), mixed(&ada, &second)] {
        assert_eq!(torn.refresh().await.status, 200);
        assert_eq!(roles_of(&torn.verify().await), "admin");
    }
}

/// The longest tokens there are, so that forgetting too early would show.
#[tokio::test]
async fn what_ended_is_remembered_for_as_long_as_a_token_can_live() {
    let config = TestConfig::default().set("tokens.access_ttl", "10m");
    let app = TestApp::with(config).await;
    let ada = app.logged_in("ada").await;
    ada.clone().logout().await;
    for step in [1, 299, 299, 1, 4] {
        app.advance(step);
        app.look().await;
        ada.verify().await.assert_refused(401, "invalid_token");
        ada.me().await.assert_refused(401, "invalid_token");
    }
    // From here on time alone keeps it out, however much is forgotten.
    for step in [1, 5, 5, 5, 600, 100_000] {
        app.advance(step);
        app.look().await;
        assert_eq!(ada.verify().await.status, 401);
        assert_eq!(ada.me().await.status, 401);
    }
    ada.verify().await.assert_refused(401, "access_expired");
    ada.refresh_lost().await.assert_refused(401, "invalid_token");
}

#[tokio::test]
async fn stale_roles_are_remembered_for_as_long_too() {
    let config = TestConfig::default().set("tokens.access_ttl", "10m");
    let app = TestApp::with(config).await;
    let ada = app.logged_in("ada").await;
    set_roles(&app, &ada, &["admin"]).await;
    for step in [0, 1, 299, 299, 1, 4, 1, 15, 1000] {
        app.advance(step);
        app.look().await;
        ada.verify().await.assert_refused(401, "access_expired");
    }
}

#[tokio::test]
async fn another_instance_learns_by_one_look() {
    let app = TestApp::with(TestConfig::default().set("tokens.revocation_poll", "60s")).await;
    let elsewhere = app.second().await;
    let ada = app.logged_in("ada").await;
    let there = ada.at(&elsewhere);
    assert_eq!(there.verify().await.status, 200);
    ada.clone().logout().await;
    // Within the published bound it goes on with what it knows.
    assert_eq!(there.verify().await.status, 200);
    elsewhere.look().await;
    there.verify().await.assert_refused(401, "invalid_token");
}

/// Writers' clocks differ, and commits come in another order than their times.
#[tokio::test]
async fn a_look_reaches_back_over_the_one_before() {
    let app = TestApp::start().await;
    for behind in [0, 1, 59] {
        let ada = app.logged_in(&format!("ada{behind}")).await;
        assert_eq!(ada.verify().await.status, 200);
        app.advance(1000);
        app.look().await;
        let mut ada = ada;
        ada.refresh().await;
        let changed = app.clock.now().millis() - behind * 1000;
        let session = ada.session();
        let set = format!("set ended_at = {changed}, changed_at = {changed}");
        app.database.sql(&format!("update sessions {set} where id = '{session}'")).await;
        app.look().await;
        ada.verify().await.assert_refused(401, "invalid_token");
    }
}

#[tokio::test]
async fn an_instance_that_starts_later_knows_from_the_start() {
    let config = TestConfig::default().set("tokens.access_ttl", "10m");
    let app = TestApp::with(config.set("tokens.revocation_poll", "60s")).await;
    let ada = app.logged_in("ada").await;
    let eve = app.logged_in("eve").await;
    let bob = app.logged_in("bob").await;
    ada.clone().logout().await;
    set_roles(&app, &eve, &["admin"]).await;
    for step in [0, 300, 300, 4] {
        app.advance(step);
        let late = app.second().await;
        ada.at(&late).verify().await.assert_refused(401, "invalid_token");
        eve.at(&late).verify().await.assert_refused(401, "access_expired");
        assert_eq!(bob.at(&late).verify().await.status, 200);
    }
}

#[tokio::test]
async fn what_has_not_changed_is_not_looked_at() {
    let app = TestApp::start().await;
    let mut ada = app.logged_in("ada").await;
    let mut bob = app.logged_in("bob").await;
    let changed = "select count(*) from sessions where changed_at is not null";
    app.advance(60);
    ada.refresh().await;
    ada.me().await;
    app.flush().await;
    assert_eq!(app.database.number(changed).await, 0);
    bob.logout().await;
    assert_eq!(app.database.number(changed).await, 1);
    set_roles(&app, &ada, &["admin"]).await;
    assert_eq!(app.database.number(changed).await, 2);
    // An end is final: roles say nothing about sessions that are over.
    let at = "select count(*) from sessions where tokens_not_before is not null";
    assert_eq!(app.database.number(at).await, 1);
}
