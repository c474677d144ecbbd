//! When a machine token stops: by time, with its client, by revocation, with its key.

use tandem::domain::ring::Ring;

use super::*;
use crate::{
    forged::pem,
    keys::{import, is_published, replace, revoke},
};

const SCOPE: &str = "revocations:read";

#[track_caller]
fn assert_refused(answer: &Answer) {
    answer.assert_refused(401, "invalid_token");
}

#[tokio::test]
async fn it_ends_by_time() {
    let config = quiet().set("tokens.machine_ttl", "2m").set("tokens.leeway", "3s");
    let app = TestApp::with(config).await;
    let shop = Shop::open(&app, SCOPE).await;
    let token = shop.token().await;
    for (step, good) in [(0, true), (122, true), (1, false), (600, false), (100_000, false)] {
        app.advance(step);
        let answer = shop.read_revocations(&token).await;
        if good {
            assert_eq!(answer.status, 200, "{step}");
        } else {
            answer.assert_refused(401, "access_expired");
        }
        assert_eq!(shop.introspect(&token).await.json()["active"], good);
    }
}

/// The longest life there is, so that forgetting too early would show.
#[tokio::test]
async fn with_its_client_here_at_once_and_elsewhere_within_a_look() {
    let config = quiet().set("tokens.machine_ttl", "1h");
    let app = TestApp::with(config).await;
    let elsewhere = app.second().await;
    let (shop, other) = (Shop::open(&app, SCOPE).await, Shop::open(&app, SCOPE).await);
    let tokens = [shop.token().await, shop.token().await];
    let theirs = other.token().await;
    for token in &tokens {
        assert_eq!(shop.read_revocations(token).await.status, 200);
        assert_eq!(shop.at(&elsewhere).read_revocations(token).await.status, 200);
    }
    assert!(app.auth().remove_client(shop.client_id()).await.unwrap());
    assert_challenged(&shop.at(&elsewhere).ask(TOKEN, &[GRANT]).await);
    for token in &tokens {
        assert_refused(&shop.read_revocations(token).await);
        assert_eq!(shop.at(&elsewhere).read_revocations(token).await.status, 200, "not yet known");
    }
    elsewhere.look().await;
    for step in [0, 1, 1799, 1799, 1, 5] {
        app.advance(step);
        for instance in [&app, &elsewhere] {
            instance.look().await;
            instance.auth().purge_machines().await.unwrap();
            for token in &tokens {
                assert_refused(&shop.at(instance).read_revocations(token).await);
            }
        }
    }
    // An hour later time alone keeps it out.
    for step in [10, 60, 5, 100_000] {
        app.advance(step);
        app.look().await;
        app.auth().purge_machines().await.unwrap();
        assert_eq!(shop.read_revocations(&tokens[0]).await.status, 401);
    }
    other.read_revocations(&theirs).await.assert_refused(401, "access_expired");
    assert_eq!(app.database.number("select count(*) from clients").await, 1);
}

#[tokio::test]
async fn by_revocation_here_at_once_and_elsewhere_within_a_look() {
    let config = quiet().set("tokens.machine_ttl", "1h");
    let app = TestApp::with(config).await;
    let elsewhere = app.second().await;
    let shop = Shop::open(&app, SCOPE).await;
    let (token, kept) = (shop.token().await, shop.token().await);
    for instance in [&app, &elsewhere] {
        assert_eq!(shop.at(instance).read_revocations(&token).await.status, 200);
    }
    assert_eq!(shop.revoke(&token).await.status, 200);
    assert_refused(&shop.read_revocations(&token).await);
    assert_eq!(shop.at(&elsewhere).read_revocations(&token).await.status, 200, "not yet known");
    elsewhere.look().await;
    for step in [0, 1, 1799, 1798] {
        app.advance(step);
        for instance in [&app, &elsewhere] {
            instance.look().await;
            instance.auth().purge_machines().await.unwrap();
            assert_refused(&shop.at(instance).read_revocations(&token).await);
            assert_eq!(shop.at(instance).read_revocations(&kept).await.status, 200);
        }
    }
    // One that starts later knows from the start.
    let late = app.second().await;
    assert_refused(&shop.at(&late).read_revocations(&token).await);
    assert_eq!(shop.at(&late).read_revocations(&kept).await.status, 200);
    let rows = "select count(*) from revoked_tokens";
    assert_eq!(app.database.number(rows).await, 1);
    app.advance(600);
    app.auth().purge_machines().await.unwrap();
    assert_eq!(app.database.number(rows).await, 0);
    assert_eq!(shop.read_revocations(&token).await.status, 401);
}

/// No look is asked for here: the poll does it.
#[tokio::test]
async fn elsewhere_it_ends_by_itself() {
    let app = TestApp::with(TestConfig::default().set("tokens.revocation_poll", "50ms")).await;
    let elsewhere = app.second().await;
    let shop = Shop::open(&app, SCOPE).await;
    let there = shop.at(&elsewhere);
    let (revoked, removed) = (shop.token().await, shop.token().await);
    for (token, by_removal) in [(revoked, false), (removed, true)] {
        assert_eq!(there.read_revocations(&token).await.status, 200);
        if by_removal {
            assert!(app.auth().remove_client(shop.client_id()).await.unwrap());
        } else {
            assert_eq!(shop.revoke(&token).await.status, 200);
        }
        let mut patience = 200;
        while there.read_revocations(&token).await.status == 200 {
            patience -= 1;
            assert!(patience > 0, "it never ended");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        assert_refused(&there.read_revocations(&token).await);
    }
}

#[tokio::test]
async fn a_new_key_signs_once_everybody_can_know_it_and_the_old_ones_tokens_stay_good() {
    let app = TestApp::with(quiet()).await;
    let elsewhere = app.second().await;
    let shop = Shop::open(&app, SCOPE).await;
    let kid = |token: &str| header(token)["kid"].as_str().unwrap().to_owned();
    let old = shop.token().await;
    let new_kid = import(&app, Ring::Machine, 11).await;
    app.look().await;
    assert!(is_published(&app, &new_kid).await, "before its first use");
    assert_eq!(kid(&shop.token().await), kid(&old));
    app.advance(300);
    for instance in [&app, &elsewhere] {
        instance.look().await;
    }
    let new = shop.token().await;
    assert_eq!(kid(&new), new_kid);
    for token in [&old, &new] {
        for instance in [&app, &elsewhere] {
            assert_eq!(shop.at(instance).read_revocations(token).await.status, 200);
            assert_eq!(shop.introspect(token).await.json()["active"], true);
        }
    }
    // Pairs are signed by other rings.
    let ada = app.logged_in("ada").await;
    let halves = [ada.tokens.body_access.clone(), ada.tokens.cookie_access.clone()];
    assert!(halves.iter().all(|half| kid(half.as_ref().unwrap()) != new_kid));
}

/// A token may live for an hour: so long the key that signed it stays in the key set.
#[tokio::test]
async fn a_retired_key_is_published_for_as_long_as_its_tokens_live() {
    let app = TestApp::with(quiet().set("tokens.machine_ttl", "1h")).await;
    let shop = Shop::open(&app, SCOPE).await;
    let first = header(&shop.token().await)["kid"].as_str().unwrap().to_owned();
    import(&app, Ring::Machine, 12).await;
    // The last token that the first key signs.
    app.advance(299);
    let last = shop.token().await;
    assert_eq!(header(&last)["kid"], first);
    app.advance(1);
    app.look().await;
    assert_ne!(header(&shop.token().await)["kid"], first);
    for step in [0, 600, 60, 2900, 38] {
        app.advance(step);
        app.look().await;
        assert_eq!(shop.read_revocations(&last).await.status, 200, "{step}");
        assert!(is_published(&app, &first).await, "{step}");
    }
    app.advance(3600);
    app.look().await;
    assert!(!is_published(&app, &first).await);
}

#[tokio::test]
async fn a_revoked_keys_tokens_open_nothing_from_the_next_look_on() {
    let app = TestApp::with(quiet()).await;
    let elsewhere = app.second().await;
    let shop = Shop::open(&app, SCOPE).await;
    let token = shop.token().await;
    let unseen = shop.token().await;
    assert_eq!(shop.read_revocations(&token).await.status, 200);
    assert_eq!(shop.at(&elsewhere).read_revocations(&token).await.status, 200);
    let kid = revoke(&app, Ring::Machine).await;
    for instance in [&app, &elsewhere] {
        assert_eq!(shop.at(instance).read_revocations(&token).await.status, 200, "not yet known");
        instance.look().await;
        for token in [&token, &unseen] {
            let answer = shop.at(instance).read_revocations(token).await;
            answer.assert_refused(401, "access_expired");
            let answer = shop.at(instance).introspect(token).await;
            assert_eq!(answer.json(), json!({ "active": false }));
        }
        assert!(!is_published(instance, &kid).await);
        let fresh = shop.at(instance).token().await;
        assert_ne!(header(&fresh)["kid"], kid);
        assert_eq!(shop.at(&app).read_revocations(&fresh).await.status, 200);
    }
}

/// What operations tells to do when the key has leaked.
#[tokio::test]
async fn a_leaked_key_is_put_out() {
    let app = TestApp::with(quiet().set("tokens.revocation_poll", "1s")).await;
    let elsewhere = app.second().await;
    let leaked = replace(&app, Ring::Machine, 15).await;
    let shop = Shop::open(&app, SCOPE).await;
    let forged = |iat: i64| {
        let said = json!({
            "iss": app.origin, "sub": shop.id, "client_id": shop.id, "aud": "tandem", "iat": iat,
            "exp": iat + 3600, "jti": unique(), "scope": SCOPE,
        });
        let header = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": leaked });
        compact(&known_key(15), header.to_string(), said.to_string())
    };
    let now = app.clock.now().seconds();
    assert_eq!(shop.read_revocations(&forged(now)).await.status, 200);
    let new = app.auth().import_key(Ring::Machine, &pem(&known_key(16)), true).await.unwrap().0;
    app.advance(3);
    app.look().await;
    assert_eq!(shop.read_revocations(&forged(now)).await.status, 200, "as told there");
    let put_out = format!(
        "update signing_keys set state = 'revoked' where kid = '{leaked}' and state = 'retired'"
    );
    app.database.sql(&put_out).await;
    for instance in [&app, &elsewhere] {
        instance.look().await;
        let answer = shop.at(instance).read_revocations(&forged(now)).await;
        answer.assert_refused(401, "access_expired");
        let fresh = shop.at(instance).token().await;
        assert_eq!(header(&fresh)["kid"], *new);
        assert_eq!(shop.at(instance).read_revocations(&fresh).await.status, 200);
    }
}

#[tokio::test]
async fn a_token_issued_long_after_its_key_was_retired_is_refused() {
    let app = TestApp::with(quiet().set("tokens.revocation_poll", "1s")).await;
    replace(&app, Ring::Machine, 13).await;
    let shop = Shop::open(&app, SCOPE).await;
    let token = shop.token().await;
    app.auth().import_key(Ring::Machine, &pem(&known_key(14)), true).await.unwrap();
    app.advance(3);
    app.look().await;
    let retired = app.clock.now().seconds();
    app.advance(60);
    for (iat, good) in [(retired + 30, true), (retired + 31, false), (retired + 60, false)] {
        let said = with(&with(&claims(&token), "iat", json!(iat)), "exp", json!(iat + 600));
        let forged = compact(&known_key(13), header(&token).to_string(), said.to_string());
        let answer = shop.read_revocations(&forged).await;
        assert_eq!(answer.status == 200, good, "{answer:?}");
    }
}
