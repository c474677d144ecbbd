//! The key rings: publishing, changing and revoking keys, and the master key that seals them.

use std::collections::BTreeSet;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use entity::signing_keys;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tandem::{
    app::StartError,
    crypto::{
        jwt::{self, KeyRings, RingKey},
        keys::SigningKey,
    },
    domain::{claims::BodyClaims, clock::Clock, half::Half, key::KeyState, ring::Ring},
    service::KeyServiceError,
};

use super::support::{Browser, Call, TestApp, TestConfig, log};

/// No look but the ones that a story takes itself.
fn quiet() -> TestConfig {
    TestConfig::default().set("tokens.revocation_poll", "60s")
}

/// A private key in PKCS#8 PEM (RFC 8410 section 7), as `openssl genpkey -algorithm ed25519` makes it.
fn pem(seed: u8) -> String {
    let prefix = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    let der = [&prefix[..], &[seed; 32]].concat();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der))
}

pub(crate) async fn import(app: &TestApp, ring: Ring, seed: u8) -> String {
    let (kid, _) = app.auth().import_key(ring, &pem(seed), false).await.unwrap();
    assert_eq!(kid, SigningKey::from_seed(&[seed; 32]).unwrap().public().thumbprint());
    kid
}

/// Imports a key and lets the time pass until it signs.
pub(crate) async fn replace(app: &TestApp, ring: Ring, seed: u8) -> String {
    let kid = import(app, ring, seed).await;
    app.advance(300);
    app.look().await;
    kid
}

async fn key_set(app: &TestApp) -> Vec<Value> {
    let answer = app.send(Call::get("/.well-known/jwks.json")).await;
    assert_eq!(answer.status, 200);
    answer.json()["keys"].as_array().unwrap().clone()
}

pub(crate) async fn is_published(app: &TestApp, kid: &str) -> bool {
    key_set(app).await.iter().any(|key| key["kid"] == kid)
}

fn header(token: Option<&String>) -> Value {
    let part = token.unwrap().split('.').next().unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// Which keys signed the access tokens: of the body half and of the cookie half.
fn signers(browser: &Browser) -> (String, String) {
    let kid = |token| header(token)["kid"].as_str().unwrap().to_owned();
    let tokens = &browser.tokens;
    (kid(tokens.body_access.as_ref()), kid(tokens.cookie_access.as_ref()))
}

/// What `tandem keys revoke` does in one transaction: the active key is out, the standby takes over.
pub(crate) async fn revoke(app: &TestApp, ring: Ring) -> String {
    let one = |kids: Vec<Option<String>>| kids.into_iter().flatten().next().unwrap();
    let select = "select kid from signing_keys where state =";
    let active = app.database.texts(&format!("{select} 'active' and ring = '{ring}'")).await;
    let standby = app.database.texts(&format!("{select} 'pending' and ring = '{ring}'")).await;
    let (active, standby, now) = (one(active), one(standby), app.clock.now().millis());
    let out = format!("state = 'revoked', active_in = null, ended_at = {now}");
    let promote = format!("state = 'active', active_in = '{ring}'");
    for (set, kid) in [(out, &active), (promote, &standby)] {
        app.database.sql(&format!("update signing_keys set {set} where kid = '{kid}'")).await;
    }
    active
}

#[tokio::test]
async fn the_audit_log_says_which_key_was_brought_in_and_for_what() {
    log::listen();
    let app = TestApp::with(quiet()).await;
    app.logged_in("ada").await;
    // No other test of this file brings in these.
    for (ring, seed) in [(Ring::Body, 201), (Ring::Cookie, 202), (Ring::Machine, 203)] {
        let kid = import(&app, ring, seed).await;
        let again = app.auth().import_key(ring, &pem(seed), false).await;
        assert!(matches!(again, Err(KeyServiceError::Known)), "{again:?}");
        let lines = log::lines().into_iter().filter(|line| line.get("kid") == kid);
        let audited: Vec<_> = lines.filter(|line| line.target == "tandem::audit").collect();
        let fields = |line: &log::Line| ["event", "ring"].map(|name| line.get(name).to_owned());
        let told: Vec<_> = audited.iter().map(fields).collect();
        assert_eq!(told, [["key_imported", ring.as_str()]]);
    }
    let is_event = |line: &log::Line| line.target == "tandem::audit";
    let others = log::lines().into_iter().filter(is_event);
    for line in others.filter(|line| line.get("event") != "key_imported") {
        assert_eq!((line.get("kid"), line.get("ring")), ("", ""), "{line:?}");
    }
}

#[tokio::test]
async fn the_key_set_is_for_everybody_and_says_what_each_key_signs() {
    let app = TestApp::with(TestConfig::default().set("keys.jwks_max_age", "10m")).await;
    for call in [
        Call::get("/.well-known/jwks.json"),
        Call::get("/.well-known/jwks.json").header("origin", "https://anybody.example"),
    ] {
        let answer = app.send(call).await;
        assert_eq!(answer.header("cache-control"), Some("public, max-age=600"));
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        assert_eq!(answer.all("set-cookie"), Vec::<&str>::new());
    }
    let keys = key_set(&app).await;
    let mut kids = BTreeSet::new();
    for key in &keys {
        let members: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "tandem_ring", "use", "x"]);
        let fixed = ["kty", "crv", "use", "alg"].map(|name| key[name].as_str().unwrap());
        assert_eq!(fixed, ["OKP", "Ed25519", "sig", "EdDSA"]);
        let x = key["x"].as_str().unwrap();
        assert_eq!(URL_SAFE_NO_PAD.decode(x).unwrap().len(), 32);
        let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        assert_eq!(key["kid"], URL_SAFE_NO_PAD.encode(Sha256::digest(jwk)));
        assert!(kids.insert(key["kid"].as_str().unwrap()));
    }
    // Of each ring the key that signs, and a standby.
    for ring in ["body", "cookie", "machine"] {
        assert_eq!(keys.iter().filter(|key| key["tandem_ring"] == ring).count(), 2, "{ring}");
    }
    assert_eq!(keys.len(), 6);
    assert_eq!(key_set(&app).await, keys, "in a stable order");
}

#[tokio::test]
async fn a_new_key_is_published_at_once_and_signs_once_everybody_can_know_it() {
    let app = TestApp::with(quiet()).await;
    let mut ada = app.logged_in("ada").await;
    let before = signers(&ada);
    let kid = import(&app, Ring::Body, 1).await;
    app.look().await;
    assert!(is_published(&app, &kid).await);
    assert_eq!(key_set(&app).await.len(), 7);

    for step in [0, 200, 99] {
        app.advance(step);
        app.look().await;
        let mut bob = app.logged_in(&format!("bob{step}")).await;
        assert_eq!(signers(&bob), before);
        assert_eq!(bob.refresh().await.status, 200);
    }
    ada.refresh().await;
    assert_eq!(signers(&ada), before);
    app.advance(1);
    app.look().await;
    let eve = app.logged_in("eve").await;
    assert_eq!(signers(&eve), (kid.clone(), before.1.clone()));
    assert_eq!(eve.me().await.status, 200);
    // What the key before it signed is as good as ever.
    assert_eq!(ada.me().await.status, 200);
    app.advance(60);
    assert_eq!(ada.refresh().await.status, 200);
    assert_eq!(signers(&ada), (kid, before.1));
}

#[tokio::test]
async fn in_a_hurry_three_looks_are_time_enough() {
    let app = TestApp::start().await;
    let (kid, at) = app.auth().import_key(Ring::Cookie, &pem(1), true).await.unwrap();
    assert_eq!(at.since(app.clock.now()).as_secs(), 3);
    for (step, signs) in [(0, false), (2, false), (1, true)] {
        app.advance(step);
        app.look().await;
        let ada = app.logged_in(&format!("ada{step}")).await;
        assert_eq!(signers(&ada).1 == kid, signs);
        assert_eq!(ada.me().await.status, 200);
    }
}

#[tokio::test]
async fn every_ring_changes_its_key_on_its_own_and_keeps_a_standby() {
    let app = TestApp::with(quiet()).await;
    for (seed, ring) in (1..).zip(Ring::ALL) {
        let before = signers(&app.logged_in(&format!("before{seed}")).await);
        let kid = replace(&app, ring, seed).await;
        let after = signers(&app.logged_in(&format!("after{seed}")).await);
        assert_eq!(after.0 == before.0, ring != Ring::Body);
        assert_eq!(after.1 == before.1, ring != Ring::Cookie);
        let keys = app.auth().list_keys().await.unwrap();
        let of_ring = keys.iter().filter(|key| key.ring == ring);
        let states: BTreeSet<_> = of_ring.clone().map(|key| key.state.as_str()).collect();
        assert_eq!(states, ["active", "pending", "retired"].into());
        let active: Vec<_> = of_ring.filter(|key| key.state == KeyState::Active).collect();
        assert_eq!((active.len(), &active[0].kid), (1, &kid));
    }
}

#[tokio::test]
async fn a_key_exists_once_over_all_rings_and_states() {
    let app = TestApp::with(quiet()).await;
    replace(&app, Ring::Body, 1).await;
    replace(&app, Ring::Body, 2).await;
    revoke(&app, Ring::Body).await;
    import(&app, Ring::Machine, 3).await;
    let count = "select count(*) from signing_keys";
    let before = app.database.number(count).await;
    // Retired, revoked, pending.
    for seed in [1, 2, 3] {
        for ring in Ring::ALL {
            let again = app.auth().import_key(ring, &pem(seed), false).await;
            assert!(matches!(again, Err(KeyServiceError::Known)), "{seed} {ring}: {again:?}");
        }
    }
    assert_eq!(app.database.number(count).await, before);
}

#[tokio::test]
async fn what_is_no_ed25519_private_key_is_not_imported() {
    let app = TestApp::with(quiet()).await;
    let label = |text: &str| pem(1).replace("PRIVATE KEY", text);
    let x25519 = pem(1).replace("MC4CAQAwBQYDK2Vw", "MC4CAQAwBQYDK2Vu");
    let short = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        STANDARD.encode([0x30, 0x0d, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 1, 7])
    );
    for bad in ["", "junk", &label("PUBLIC KEY"), &label("RSA PRIVATE KEY"), &x25519, &short] {
        let outcome = app.auth().import_key(Ring::Body, bad, false).await;
        assert!(matches!(outcome, Err(KeyServiceError::Key(_))), "{bad}: {outcome:?}");
    }
    assert_eq!(app.database.number("select count(*) from signing_keys").await, 6);
}

#[tokio::test]
async fn a_retired_key_leaves_the_key_set_and_its_tokens_still_refresh() {
    let app = TestApp::with(quiet()).await;
    let (mut ada, mut bob) = (app.logged_in("ada").await, app.logged_in("bob").await);
    let (of_body, of_cookie) = signers(&ada);
    import(&app, Ring::Cookie, 2).await;
    replace(&app, Ring::Body, 1).await;
    // As long as an access token that it signed may live, and a little more.
    for (step, published) in [(0, true), (600, true), (29, true), (2, false)] {
        app.advance(step);
        assert_eq!(is_published(&app, &of_body).await, published, "{step}");
        assert_eq!(is_published(&app, &of_cookie).await, published, "{step}");
    }
    app.advance(5 * 24 * 3600);
    app.look().await;
    ada.me().await.assert_refused(401, "access_expired");
    assert_eq!(ada.refresh().await.status, 200);
    assert_eq!(ada.me().await.status, 200);
    assert_eq!(bob.logout().await.all("set-cookie").len(), 3);
    // An instance that never saw the key in use knows it too.
    let mut eve = app.logged_in("eve").await;
    replace(&app, Ring::Body, 3).await;
    let late = app.second().await;
    let mut eve_there = eve.at(&late);
    assert_eq!(eve_there.refresh().await.status, 200);
    assert_eq!(eve.refresh().await.status, 200);
}

#[tokio::test]
async fn a_token_issued_long_after_its_key_was_retired_is_refused() {
    let app = TestApp::with(quiet().set("tokens.revocation_poll", "1s")).await;
    replace(&app, Ring::Body, 1).await;
    let mut ada = app.logged_in("ada").await;
    app.auth().import_key(Ring::Body, &pem(2), true).await.unwrap();
    app.advance(3);
    app.look().await;
    let retired = app.clock.now().seconds();
    app.advance(60);
    // Who holds the old key can write what it likes; only the time of issue gives it away.
    let claims: BodyClaims = serde_json::from_value(ada.claims()).unwrap();
    let signing = SigningKey::from_seed(&[1; 32]).unwrap();
    let key = RingKey::new(Ring::Body, KeyState::Active, signing.public(), Some(signing));
    let rings = KeyRings::new([key]);
    for (iat, accepted) in
        [(retired, true), (retired + 30, true), (retired + 31, false), (retired + 60, false)]
    {
        let claims = BodyClaims { iat, exp: iat + 240, ..claims.clone() };
        let typ = Half::Body.token_type();
        let forged = jwt::sign(&rings, Ring::Body, typ, &claims).unwrap();
        ada.tokens.body_access = Some(forged);
        let answers = [ada.me().await, ada.refresh_lost().await];
        for answer in answers {
            if accepted {
                assert_eq!(answer.status, 200, "{answer:?}");
            } else {
                answer.assert_refused(401, "invalid_token");
            }
        }
    }
}

#[tokio::test]
async fn a_revoked_keys_tokens_open_nothing_from_the_next_look_on() {
    for ring in [Ring::Body, Ring::Cookie] {
        let app = TestApp::with(quiet()).await;
        let elsewhere = app.second().await;
        let ada = app.logged_in("ada").await;
        // Remembered as verified, here and there.
        assert_eq!(ada.verify().await.status, 200);
        assert_eq!(ada.at(&elsewhere).verify().await.status, 200);
        let kid = revoke(&app, ring).await;
        for instance in [&app, &elsewhere] {
            assert_eq!(ada.at(instance).verify().await.status, 200, "not yet known");
            instance.look().await;
            ada.at(instance).verify().await.assert_refused(401, "access_expired");
            ada.at(instance).me().await.assert_refused(401, "access_expired");
            assert!(!is_published(instance, &kid).await);
        }
        let bob = app.logged_in("bob").await;
        assert_eq!(bob.at(&elsewhere).me().await.status, 200);
        let (body, cookie) = signers(&bob);
        assert!(body != kid && cookie != kid);
    }
}

#[tokio::test]
async fn a_revoked_key_costs_nobody_the_session() {
    for ring in [Ring::Body, Ring::Cookie] {
        let app = TestApp::with(quiet()).await;
        let mut ada = app.logged_in("ada").await;
        let (mut bob, mut eve) = (app.logged_in("bob").await, app.logged_in("eve").await);
        let before = ada.clone();
        revoke(&app, ring).await;
        app.look().await;
        // Just minted, but a leaked key may have written that: not a reason to issue nothing new.
        assert_eq!(ada.refresh().await.status, 200);
        assert_eq!(ada.claims()["gen"], 2);
        assert_eq!(ada.session(), before.session());
        assert_eq!(ada.me().await.status, 200);
        before.me().await.assert_refused(401, "access_expired");
        // A second later the new pair is young as any other.
        assert_eq!(ada.refresh().await.status, 200);
        assert_eq!(ada.claims()["gen"], 2);

        assert_eq!(bob.logout().await.all("set-cookie").len(), 3);
        let ended = "select count(*) from sessions where ended_at is not null";
        assert_eq!(app.database.number(ended).await, 1);
        eve.login("eve").await;
        assert_eq!(app.database.number(ended).await, 2);
    }
}

#[tokio::test]
async fn a_pair_that_a_revoked_key_signed_needs_both_refresh_secrets() {
    let app = TestApp::with(quiet()).await;
    let ada = app.logged_in("ada").await;
    revoke(&app, Ring::Body).await;
    app.look().await;
    for (body, cookie) in [(false, false), (true, false), (false, true)] {
        let mut thief = ada.clone();
        if !body {
            thief.tokens.body_refresh = None;
        }
        if !cookie {
            thief.tokens.cookie_refresh = None;
        }
        thief.refresh().await.assert_refused(401, "invalid_token");
    }
    assert_eq!(ada.refresh_lost().await.status, 200);
}

const OTHER_MASTER_KEY: &str = "YW5vdGhlciBrZXkgb2YgdGhpcnR5LXR3byBieXRlcyE=";
const MASTER_KEY: &str = "dGVzdCBtYXN0ZXIga2V5IG9mIDMyIGJ5dGVzIGxvbmc=";

fn assert_sealed(error: &StartError) {
    let sealed = matches!(error, StartError::Keys(KeyServiceError::Sealed { .. }));
    assert!(sealed, "{error:?}");
    assert!(error.to_string().contains("keys.master_key"), "{error}");
}

#[tokio::test]
async fn with_another_master_key_the_service_does_not_start() {
    let app = TestApp::with(quiet()).await;
    let config = app.shared_config().set("keys.master_key", OTHER_MASTER_KEY);
    let error = config.start_error(&app.database.url, &app.clock, true).await;
    assert_sealed(&error);
    assert!(!format!("{error} {error:?}").contains(OTHER_MASTER_KEY));
}

#[tokio::test]
async fn the_master_key_can_be_replaced_while_instances_run() {
    let old = TestApp::with(quiet()).await;
    let mut ada = old.logged_in("ada").await;
    // First every instance accepts the new one, then it becomes the main one.
    let between =
        old.second_with(|config| config.set("keys.accepted_master_keys", OTHER_MASTER_KEY)).await;
    let new = old
        .second_with(|config| {
            config
                .set("keys.master_key", OTHER_MASTER_KEY)
                .set("keys.accepted_master_keys", MASTER_KEY)
        })
        .await;
    for instance in [&between, &new, &between, &new] {
        old.advance(60);
        ada = ada.at(instance);
        let before = ada.tokens.clone();
        assert_eq!(ada.refresh().await.status, 200);
        assert_ne!(ada.tokens, before);
    }
    // What the new key tags, who knows the old one alone does not take.
    ada.at(&old).refresh_lost().await.assert_refused(401, "invalid_token");
    // A key sealed under the new one opens wherever that is accepted.
    let kid = replace(&new, Ring::Body, 1).await;
    between.look().await;
    let bob = between.logged_in("bob").await;
    assert_eq!(signers(&bob).0, kid);
    assert!(old.auth().look().await.is_err());
    assert!(old.auth().readiness().problems.contains(&"the database cannot be asked"));
}

#[tokio::test]
async fn sealed_keys_that_were_swapped_do_not_open() {
    for same_ring in [false, true] {
        let app = TestApp::with(quiet()).await;
        let ada = app.logged_in("ada").await;
        let database = app.database.connect().await;
        let state = signing_keys::Column::State;
        let ring = signing_keys::Column::Ring;
        let choose = if same_ring { ring.eq("body") } else { state.eq("active") };
        let keys = signing_keys::Entity::find().filter(choose).all(&database).await.unwrap();
        let [first, second, ..] = keys.as_slice() else { panic!("{keys:?}") };
        for (row, seed) in [(first, second), (second, first)] {
            let mut row = row.clone().into_active_model();
            row.sealed_seed = Set(seed.sealed_seed.clone());
            row.update(&database).await.unwrap();
        }
        let error = app.shared_config().start_error(&app.database.url, &app.clock, true).await;
        assert_sealed(&error);
        // Who has opened them before goes on.
        app.look().await;
        assert_eq!(ada.me().await.status, 200);
    }
}

#[tokio::test]
async fn a_stored_key_whose_parts_do_not_belong_together_is_refused() {
    let app = TestApp::with(quiet()).await;
    let database = app.database.connect().await;
    let state = signing_keys::Column::State.eq("active");
    let keys = signing_keys::Entity::find().filter(state).all(&database).await.unwrap();
    let mut row = keys[0].clone().into_active_model();
    row.public_key = Set(keys[1].public_key.clone());
    row.update(&database).await.unwrap();
    let error = app.shared_config().start_error(&app.database.url, &app.clock, true).await;
    assert!(error.to_string().contains("inconsistent"), "{error}");
}
