//! Keys that leaked, keys of others, keys past their time.

use serde_json::json;
use tandem::domain::{half::Half, key::KeyState, ring::Ring};

use super::{
    super::support::{TestApp, TestConfig, Tokens},
    Forge, b64, holding, import, known_key,
};

/// A thief with the signing key of the body half and Ada's cookie jar; then the same with Mallory's
/// own session, to become somebody.
#[tokio::test]
async fn a_leaked_body_key_grants_nothing() {
    let forge = Forge::light().await;
    let mallory = forge.app.logged_in("mallory").await;
    let own = forge.mould_of(&mallory, Half::Body);
    let slip = |token: String| {
        let tokens = Tokens { body_access: Some(token), ..mallory.tokens.clone() };
        holding(&mallory, tokens)
    };
    for (member, value) in [
        ("roles", json!(["admin"])),
        ("amr", json!(["pwd", "otp"])),
        ("amr", json!([])),
        ("auth_time", json!(own.now + 1)),
        ("auth_time", json!(0)),
    ] {
        let thief = slip(own.with_claim(member, value.clone()));
        thief.me().await.assert_refused(401, "access_expired");
        thief.verify().await.assert_refused(401, "access_expired");
        // A refresh mends it, with the claims that are true.
        let mut thief = thief;
        assert_eq!(thief.refresh().await.status, 200);
        assert_eq!(thief.claims()["roles"], json!([]), "{member} {value}");
        assert_eq!(thief.claims()["amr"], json!(["pwd"]));
        assert_eq!(thief.claims()["auth_time"], own.claims["auth_time"]);
    }
    // Becoming Ada: her names beside one's own cookie.
    let ada = forge.mould(Half::Body);
    for (member, value) in [("sub", &ada.claims["sub"]), ("sid", &ada.claims["sid"])] {
        slip(own.with_claim(member, value.clone())).me().await.assert_refused(401, "invalid_token");
    }
    slip(own.sign(&own.header, &ada.claims)).me().await.assert_refused(401, "invalid_token");
    // Without any cookie half.
    let bare =
        Tokens { body_access: Some(ada.sign(&ada.header, &ada.claims)), ..Tokens::default() };
    holding(&mallory, bare).me().await.assert_refused(401, "invalid_token");
    // A body half of now does not outlive its cookie half.
    forge.app.advance(300);
    let now = forge.now();
    slip(own.with_times(now, now + 240)).me().await.assert_refused(401, "access_expired");
    assert_eq!(forge.app.auth().list_keys().await.unwrap().len(), 8);
}

#[tokio::test]
async fn a_leaked_cookie_key_grants_nothing() {
    let forge = Forge::light().await;
    let mallory = forge.app.logged_in("mallory").await;
    let own = forge.mould_of(&mallory, Half::Cookie);
    let slip = |token: String| {
        let tokens = Tokens { cookie_access: Some(token), ..mallory.tokens.clone() };
        holding(&mallory, tokens)
    };
    let ada = forge.mould(Half::Cookie);
    for (member, value) in [("sub", &ada.claims["sub"]), ("sid", &ada.claims["sid"])] {
        slip(own.with_claim(member, value.clone())).me().await.assert_refused(401, "invalid_token");
    }
    slip(own.sign(&own.header, &ada.claims)).me().await.assert_refused(401, "invalid_token");
    for (member, value) in [("ctx", json!("")), ("ctx", json!(b64([0; 16])))] {
        slip(own.with_claim(member, value)).me().await.assert_refused(401, "access_expired");
    }
    // What a cookie half says of roles is not even read.
    let roles = own.with_claim("roles", json!(["admin"]));
    assert_eq!(slip(roles).verify().await.header("x-auth-roles"), Some(""));
    let bare =
        Tokens { cookie_access: Some(ada.sign(&ada.header, &ada.claims)), ..Tokens::default() };
    holding(&mallory, bare).me().await.assert_refused(401, "invalid_token");
    // A cookie half of now does not outlive its body half.
    forge.app.advance(300);
    let now = forge.now();
    slip(own.with_times(now, now + 240)).me().await.assert_refused(401, "access_expired");
}

#[tokio::test]
async fn tokens_of_another_deployment_with_the_same_keys_open_nothing() {
    let forge = Forge::light().await;
    let elsewhere = TestConfig::default().set("server.public_url", "http://localhost:1");
    let elsewhere = Forge::with(TestApp::with(elsewhere).await).await;
    let other_audience = TestConfig::default()
        .set("server.public_url", &forge.app.origin)
        .set("tokens.audience", "staging");
    let other_audience = Forge::with(TestApp::with(other_audience).await).await;
    for other in [&elsewhere, &other_audience] {
        // Same keys, same master key, and here the names of Ada's own session.
        for half in [Half::Body, Half::Cookie] {
            let (theirs, ours) = (other.mould(half), forge.mould(half));
            let mut claims = ours.claims.clone();
            for member in ["iss", "aud"] {
                claims[member] = theirs.claims[member].clone();
            }
            assert_ne!(claims, ours.claims);
            for answer in forge.try_both(half, &ours.sign(&ours.header, &claims)).await {
                answer.assert_refused(401, "invalid_token");
            }
        }
        let mut stranger = holding(&forge.ada, other.ada.tokens.clone());
        stranger.me().await.assert_refused(401, "invalid_token");
        stranger.refresh().await.assert_refused(401, "invalid_token");
        stranger.tokens.body_access.clone_from(&forge.ada.tokens.body_access);
        stranger.tokens.cookie_access.clone_from(&forge.ada.tokens.cookie_access);
        stranger.refresh().await.assert_refused(401, "invalid_token");
    }
    assert_eq!(forge.ada.me().await.status, 200);
}

#[tokio::test]
async fn a_retired_key_vouches_for_what_it_signed_before_and_no_more() {
    let forge = Forge::light().await;
    import(&forge.app, Ring::Body, &known_key(11)).await;
    import(&forge.app, Ring::Cookie, &known_key(12)).await;
    for half in [Half::Body, Half::Cookie] {
        let mould = forge.mould(half);
        let [opened, refreshed] = forge.try_both(half, &mould.genuine).await;
        assert_eq!((opened.status, refreshed.status), (200, 200));
        let ring = Ring::from(half);
        let keys = forge.app.auth().list_keys().await.unwrap();
        let kid = mould.header["kid"].as_str().unwrap();
        let retired = keys.iter().find(|key| key.kid == kid && key.ring == ring).unwrap().state;
        let KeyState::Retired { at } = retired else { panic!("{retired:?}") };
        forge.app.advance(40);
        for (late, code) in [(30, ""), (31, "invalid_token")] {
            let iat = at.seconds() + late;
            for answer in forge.try_both(half, &mould.with_times(iat, iat + 240)).await {
                assert_eq!(answer.code(), code, "{half}, {late} s late");
            }
        }
    }
}

#[tokio::test]
async fn a_revoked_key_opens_nothing_and_costs_nobody_the_session() {
    let mut forge = Forge::light().await;
    let mould = forge.mould(Half::Body);
    let kid = mould.header["kid"].as_str().unwrap();
    import(&forge.app, Ring::Body, &known_key(11)).await;
    let revoke = format!("update signing_keys set state = 'revoked' where kid = '{kid}'");
    forge.app.database.sql(&revoke).await;
    forge.app.look().await;
    for token in [mould.genuine.clone(), mould.with_times(mould.now, mould.now + 300)] {
        forge.slipped(Half::Body, &token).me().await.assert_refused(401, "access_expired");
    }
    // As a false token it is still false.
    let unsigned = format!("{}.{}", mould.genuine.rsplit_once('.').unwrap().0, b64([7; 64]));
    for answer in forge.try_both(Half::Body, &unsigned).await {
        answer.assert_refused(401, "invalid_token");
    }
    assert_eq!(forge.ada.refresh().await.status, 200);
    assert_eq!(forge.ada.me().await.status, 200);
}
