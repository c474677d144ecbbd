//! The database was restored from a backup: browsers hold generations that it never heard of.

use super::*;

/// A browser in its second generation and its first tokens; the database is back at the first one.
async fn restored(app: &TestApp, name: &str) -> (Browser, Tokens) {
    let mut browser = app.logged_in(name).await;
    let first = browser.tokens.clone();
    let backup = row(app, &browser).await;
    move_on(app, &mut browser).await;
    app.database.restore_session(backup).await;
    app.advance(INTERVAL);
    (browser, first)
}

fn is_alarm(line: &log::Line) -> bool {
    line.get("event") == "authn_token_ahead" && line.level == tracing::Level::WARN
}

#[tokio::test]
async fn a_generation_from_the_future_is_refused_and_raises_an_alarm() {
    log::listen();
    let app = TestApp::start().await;
    let (ahead, first) = restored(&app, "ada").await;
    let before = row(&app, &ahead).await;
    assert_eq!(before.generation, 1);
    let body_ahead = Tokens { body_refresh: ahead.tokens.body_refresh.clone(), ..first.clone() };
    let cookie_ahead =
        Tokens { cookie_refresh: ahead.tokens.cookie_refresh.clone(), ..first.clone() };
    for tokens in [ahead.tokens.clone(), body_ahead, cookie_ahead] {
        let alarms = || log::audited(&ahead.session()).iter().filter(|l| is_alarm(l)).count();
        let heard = alarms();
        assert_refused(&with(&ahead, tokens).refresh_lost().await);
        assert!(before == row(&app, &ahead).await);
        assert!(alarms() > heard, "nobody was told");
    }
    // Its access tokens are as good as before, and what is as old as the backup can be refreshed.
    assert_eq!(ahead.me().await.status, 200);
    assert_eq!(brought(&with(&ahead, first).refresh_lost().await), 2);
}

#[tokio::test]
async fn a_generation_of_another_history_is_unknown() {
    let app = TestApp::start().await;
    let (lost, first) = restored(&app, "ada").await;
    let mut browser = with(&lost, first);
    assert_eq!(browser.refresh().await.status, 200);
    assert_eq!((generation(&browser), generation(&lost)), (2, 2));
    settle(&app, &browser).await;
    // Both halves of the other second generation, or one of them.
    let (body_refresh, cookie_refresh) = (&lost.tokens.body_refresh, &lost.tokens.cookie_refresh);
    let current = || browser.tokens.clone();
    let strangers = [
        lost.tokens.clone(),
        Tokens { body_refresh: body_refresh.clone(), ..current() },
        Tokens { cookie_refresh: cookie_refresh.clone(), ..current() },
    ];
    let before = row(&app, &browser).await;
    for tokens in strangers {
        assert_refused(&with(&browser, tokens).refresh_lost().await);
        assert!(before == row(&app, &browser).await);
    }
    // One generation later they are not the predecessors either.
    move_on(&app, &mut browser).await;
    settle(&app, &browser).await;
    let before = row(&app, &browser).await;
    assert_refused(&lost.refresh_lost().await);
    assert!(before == row(&app, &browser).await);
    assert_eq!(browser.me().await.status, 200);
}
