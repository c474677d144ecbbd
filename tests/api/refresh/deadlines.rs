//! A session ends when nobody refreshes it, and ends anyway in the end.

use tandem::domain::role::Roles;

use super::*;

const HOUR: Duration = Duration::from_hours(1);

/// Sessions end after an hour of idleness, and after an hour and a half.
async fn short_lived() -> TestApp {
    let config = TestConfig::default()
        .set("tokens.session_idle_ttl", "60m")
        .set("tokens.session_max_ttl", "90m");
    let app = TestApp::with(config).await;
    start_of_second(&app);
    app
}

#[tokio::test]
async fn a_session_can_be_refreshed_up_to_its_idle_deadline() {
    log::listen();
    let app = short_lived().await;
    let mut browser = app.logged_in("ada").await;
    let late = browser.clone();
    app.clock.advance(HOUR - MOMENT);
    assert_eq!(browser.refresh().await.status, 200, "a moment before it");

    let other = app.logged_in("ben").await;
    let before = row(&app, &other).await;
    app.clock.advance(HOUR);
    assert_refused(&other.refresh_lost().await);
    assert!(before == row(&app, &other).await, "not even its end is written");
    assert_eq!(audited(&other.session())[1..], [["authn_token_refused", "overdue", "pair"]]);
    for tokens in [browser.tokens.clone(), late.tokens] {
        assert_refused(&with(&browser, tokens).refresh_lost().await);
    }
    assert_eq!(audited(&browser.session()).last().unwrap()[1], "overdue");
}

#[tokio::test]
async fn nothing_prolongs_a_session_beyond_its_absolute_deadline() {
    let app = short_lived().await;
    let mut browser = app.logged_in("ada").await;
    let end = row(&app, &browser).await.expires_at;
    for (minutes, left) in [(30, 3600), (29, 1860), (30, 60)] {
        app.advance(minutes * 60);
        let answer = browser.refresh().await;
        assert_eq!(answer.status, 200);
        let body = answer.json();
        assert_eq!(body["refresh_expires_in"], left);
        assert_eq!(body["expires_in"], left.min(ACCESS_TTL));
        let max_age = format!("; Max-Age={left};");
        assert!(answer.all("set-cookie").iter().all(|line| line.contains(&max_age)), "{answer:?}");
        for token in [&browser.tokens.body_access, &browser.tokens.cookie_access] {
            let exp = browser::claims(token.as_deref().unwrap())["exp"].as_i64().unwrap();
            assert!(exp * 1000 <= end);
        }
        let row = row(&app, &browser).await;
        assert_eq!(row.expires_at, end);
        assert!(row.idle_expires_at <= end);
    }
    app.advance(58);
    let mut last = browser.clone();
    assert_eq!(last.refresh().await.status, 200);
    assert!(last.claims()["exp"].as_i64().unwrap() * 1000 <= end);
    app.clock.advance(Duration::from_secs(2) - MOMENT);
    assert_eq!(browser.refresh_lost().await.status, 200, "a moment before it");
    app.clock.advance(MOMENT);
    for holder in [&browser, &last] {
        assert_refused(&holder.refresh_lost().await);
    }
    // Clocks may differ by this much.
    app.advance(5);
    for holder in [&browser, &last] {
        holder.me().await.assert_refused(401, "access_expired");
    }
}

#[tokio::test]
async fn a_role_change_in_the_last_second_prolongs_nothing() {
    let app = short_lived().await;
    // The session's end will not be a whole second.
    app.clock.advance(Duration::from_millis(500));
    let mut browser = app.logged_in("ada").await;
    app.clock.advance(HOUR - MOMENT);
    assert_eq!(browser.refresh().await.status, 200);
    app.clock.advance(HOUR / 2 - Duration::from_millis(200));
    let user = app.auth().find_user("ada@example.com").await.unwrap().id;
    app.auth().set_roles(user, &Roles::parse(["editor"]).unwrap()).await.unwrap();
    let answer = browser.refresh().await;
    let end = row(&app, &browser).await.expires_at;
    assert_eq!((answer.status, answer.json()["expires_in"].as_u64()), (200, Some(0)));
    let time = |name: &str| browser.claims()[name].as_i64().unwrap();
    assert!(time("iat") <= time("exp"), "no token has a negative life");
    assert!(time("exp") * 1000 <= end, "{} lies beyond {end}", time("exp"));
}
