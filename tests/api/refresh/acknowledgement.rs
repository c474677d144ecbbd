//! What counts as a sight of the current generation, and when it does.
//!
//! Sights are written behind the answer. Where that must not happen yet, the database is made to
//! refuse it.

use std::sync::Arc;

use super::*;

/// A browser in its second generation, which nobody has seen yet, and a copy of its first.
async fn second_generation(app: &TestApp, name: &str) -> (Browser, Browser) {
    let mut browser = app.logged_in(name).await;
    let copy = browser.clone();
    move_on(app, &mut browser).await;
    assert_eq!(row(app, &browser).await.acknowledged_at, None);
    (browser, copy)
}

/// When the current generation was seen, as the database knows by now.
async fn written(app: &TestApp, browser: &Browser) -> Option<i64> {
    app.database.stored_session(&browser.session()).await.acknowledged_at
}

/// The copy's refresh is taken for an honest one's after a lost answer.
async fn assert_patient(app: &TestApp, copy: &Browser) {
    app.advance(INTERVAL);
    assert_eq!(brought(&copy.refresh_lost().await), 2);
}

/// It is taken for what it is.
async fn assert_found_out(copy: &Browser) {
    let answer = copy.refresh_lost().await;
    answer.assert_problem(401, "invalid_token");
    assert_eq!(answer.all("set-cookie").len(), 2);
    assert_refused(&copy.refresh_lost().await);
}

fn now(app: &TestApp) -> i64 {
    app.clock.now().millis()
}

#[tokio::test]
async fn a_sight_counts_before_it_is_written() {
    let app = TestApp::start().await;
    app.database.refuse_acknowledgements().await;
    let (browser, copy) = second_generation(&app, "ada").await;
    settle(&app, &browser).await;
    assert_eq!(written(&app, &browser).await, None);
    assert_found_out(&copy).await;
}

#[tokio::test]
async fn a_sight_settles_after_the_interval_and_not_before() {
    for is_written in [true, false] {
        let app = TestApp::start().await;
        start_of_second(&app);
        let (browser, copy) = second_generation(&app, "ada").await;
        let seen = now(&app);
        if !is_written {
            app.database.refuse_acknowledgements().await;
        }
        assert_eq!(browser.me().await.status, 200);
        assert_eq!(app.auth().flush_acknowledgements().await.is_ok(), is_written);
        app.clock.advance(Duration::from_secs(INTERVAL) - MOMENT);
        // Later sights put nothing off: the same pair, another pair, the refresh token.
        let mut other = browser.clone();
        other.tokens.cookie_access.clone_from(&copy.tokens.cookie_access);
        for holder in [&browser, &other] {
            assert_eq!(holder.verify().await.status, 200);
        }
        assert_eq!(brought(&browser.refresh_lost().await), 2);
        assert_eq!(brought(&copy.refresh_lost().await), 2);
        assert_eq!(app.auth().flush_acknowledgements().await.is_ok(), is_written);
        assert_eq!(written(&app, &browser).await, is_written.then_some(seen));
        app.clock.advance(MOMENT);
        assert_found_out(&copy).await;
    }
}

#[tokio::test]
async fn a_crash_loses_what_was_not_written_and_makes_the_rule_patient() {
    let app = TestApp::start().await;
    app.database.refuse_acknowledgements().await;
    let (mut browser, mut copy) = second_generation(&app, "ada").await;
    assert_eq!(browser.me().await.status, 200);
    let (config, clock) = (app.shared_config(), Arc::clone(&app.clock));
    let database = app.kill().await;
    database.accept_acknowledgements().await;

    let app = TestApp::instance(config, database, clock).await;
    (browser.address, copy.address) = (app.address, app.address);
    assert_patient(&app, &copy).await;
    settle(&app, &browser).await;
    assert_found_out(&copy).await;
}

#[tokio::test]
async fn an_orderly_stop_writes_what_was_seen() {
    let mut app = TestApp::start().await;
    app.database.refuse_acknowledgements().await;
    let (browser, mut copy) = second_generation(&app, "ada").await;
    assert_eq!(browser.me().await.status, 200);
    let seen = now(&app);
    app.database.accept_acknowledgements().await;
    app.stop().await;
    assert_eq!(written(&app, &browser).await, Some(seen));

    let app = app.second().await;
    copy.address = app.address;
    app.advance(INTERVAL);
    assert_found_out(&copy).await;
}

#[tokio::test]
async fn a_late_write_does_not_mark_the_next_generation() {
    let app = TestApp::start().await;
    app.database.refuse_acknowledgements().await;
    let (mut browser, _) = second_generation(&app, "ada").await;
    assert_eq!(browser.me().await.status, 200);
    let copy = browser.clone();
    move_on(&app, &mut browser).await;
    // Nor does the sight itself, as long as it waits to be written.
    app.advance(INTERVAL);
    assert_eq!(brought(&copy.refresh_lost().await), 3);
    app.database.accept_acknowledgements().await;
    app.flush().await;
    let row = app.database.stored_session(&browser.session()).await;
    assert_eq!((row.generation, row.acknowledged_at), (3, None));
    app.advance(INTERVAL);
    assert_eq!(brought(&copy.refresh_lost().await), 3, "its successor was not seen");
}

#[tokio::test]
async fn the_body_half_acknowledges_beside_an_older_cookie_half() {
    let app = TestApp::start().await;
    let (mut browser, copy) = second_generation(&app, "ada").await;
    browser.tokens.cookie_access = copy.tokens.cookie_access.clone();
    assert_eq!(browser.me().await.status, 200);
    assert_eq!(row(&app, &browser).await.acknowledged_at, Some(now(&app)));
}

#[tokio::test]
async fn the_cookie_half_proves_nothing() {
    let app = TestApp::start().await;
    let (mut browser, copy) = second_generation(&app, "ada").await;
    browser.tokens.body_access.clone_from(&copy.tokens.body_access);
    browser.tokens.body_refresh.clone_from(&copy.tokens.body_refresh);
    assert_eq!(browser.me().await.status, 200);
    assert_eq!(brought(&browser.refresh_lost().await), 2);
    assert_eq!(row(&app, &browser).await.acknowledged_at, None);
    assert_patient(&app, &copy).await;
}

#[tokio::test]
async fn presenting_the_body_refresh_token_acknowledges() {
    let app = TestApp::start().await;
    // With the jar behind, or with everything current and young.
    for (name, jar_is_behind) in [("ada", true), ("ben", false)] {
        let (mut browser, copy) = second_generation(&app, name).await;
        if jar_is_behind {
            browser.tokens.cookie_access.clone_from(&copy.tokens.cookie_access);
            browser.tokens.cookie_refresh.clone_from(&copy.tokens.cookie_refresh);
        }
        assert_eq!(brought(&browser.refresh_lost().await), 2);
        assert_eq!(row(&app, &browser).await.acknowledged_at, Some(now(&app)));
        app.advance(INTERVAL);
        assert_found_out(&copy).await;
    }
}

#[tokio::test]
async fn what_the_guard_refuses_acknowledges_nothing() {
    let app = TestApp::start().await;
    let (browser, copy) = second_generation(&app, "ada").await;
    let stranger = app.logged_in("eve").await;
    let mut alone = browser.clone();
    alone.tokens.cookie_access = None;
    assert_refused(&alone.me().await);
    let mut mixed = browser.clone();
    mixed.tokens.cookie_access = stranger.tokens.cookie_access;
    assert_refused(&mixed.me().await);
    app.advance(ACCESS_TTL + 5);
    browser.me().await.assert_refused(401, "access_expired");
    assert_eq!(row(&app, &browser).await.acknowledged_at, None);
    assert_patient(&app, &copy).await;
}

#[tokio::test]
async fn the_first_generation_needs_no_sight() {
    let app = TestApp::start().await;
    let browser = app.logged_in("ada").await;
    assert_eq!(browser.me().await.status, 200);
    assert_eq!(row(&app, &browser).await.acknowledged_at, None);
}

#[tokio::test]
async fn sights_of_many_sessions_are_written_together_each_to_its_own() {
    let app = roomy().await;
    app.browser().register("ada").await;
    app.database.refuse_acknowledgements().await;
    let mut browsers = Vec::new();
    for _ in 0..4 {
        let mut browser = app.browser();
        browser.login("ada").await;
        browsers.push(browser);
    }
    app.advance(INTERVAL);
    for browser in &mut browsers {
        assert_eq!(browser.refresh().await.status, 200);
    }
    assert_eq!(browsers[0].me().await.status, 200);
    app.advance(1);
    assert_eq!(browsers[1].me().await.status, 200);
    let latest = now(&app);
    assert_eq!(browsers[2].me().await.status, 200);
    app.advance(INTERVAL);
    // It moves on before its sight is written.
    assert_eq!(browsers[2].refresh().await.status, 200);
    app.database.accept_acknowledgements().await;
    app.flush().await;
    let mut rows = Vec::new();
    for browser in &browsers {
        rows.push(written(&app, browser).await);
    }
    assert_eq!(rows, [Some(latest), Some(latest), None, None]);
}
