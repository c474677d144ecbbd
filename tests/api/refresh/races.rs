//! A refresh under way while its session ends: whoever comes first, the session stays dead.

use super::*;
use crate::support::PASSWORD;

/// The refresh came too late, or brought tokens that nobody can use.
async fn assert_dead(app: &TestApp, browser: &Browser, answer: &Answer, reason: &str) {
    let mut newest = browser.clone();
    if answer.status == 200 {
        newest.keep(answer);
    } else {
        assert_refused(answer);
    }
    for holder in [browser, &newest] {
        assert_refused(&holder.me().await);
        assert_refused(&holder.refresh_lost().await);
    }
    assert_nothing_left(&row(app, &newest).await, reason);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_refresh_never_revives_what_logged_out() {
    let app = roomy().await;
    app.browser().register("ada").await;
    for _ in 0..20 {
        let mut browser = app.browser();
        browser.login("ada").await;
        app.advance(INTERVAL);
        let mut leaving = browser.clone();
        let (answer, logout) = tokio::join!(
            tokio::spawn({
                let browser = browser.clone();
                async move { browser.refresh_lost().await }
            }),
            tokio::spawn(async move { leaving.logout().await }),
        );
        assert_eq!(logout.unwrap().status, 204);
        assert_dead(&app, &browser, &answer.unwrap(), "logout").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_refresh_never_outlives_a_change_of_password() {
    let app = roomy().await;
    app.browser().register("ada").await;
    for _ in 0..10 {
        let mut browser = app.browser();
        assert_eq!(browser.login("ada").await.status, 200);
        app.advance(INTERVAL);
        let mut changing = browser.clone();
        let (answer, changed) = tokio::join!(
            tokio::spawn({
                let browser = browser.clone();
                async move { browser.refresh_lost().await }
            }),
            tokio::spawn(async move {
                let answer = changing.change_password(PASSWORD, PASSWORD).await;
                (changing, answer)
            }),
        );
        let (changing, changed) = changed.unwrap();
        assert_eq!(changed.status, 200, "{changed:?}");
        assert_dead(&app, &browser, &answer.unwrap(), "password_change").await;
        assert_eq!(changing.me().await.status, 200);
    }
}

/// The refresh has read the session and waits for its row when the row's end is committed.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_refresh_that_read_a_live_session_notices_that_it_ended() {
    let app = TestApp::start().await;
    let browser = app.logged_in("ada").await;
    app.advance(INTERVAL);
    let end = app.database.begin_ending(&browser.session(), "logout").await;
    let refresh = tokio::spawn({
        let browser = browser.clone();
        async move { browser.refresh_lost().await }
    });
    // Long enough to come to the row; if it is not, it finds the end there, and nothing is proved.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!refresh.is_finished());
    end.commit().await.unwrap();
    assert_refused(&refresh.await.unwrap());
    let row = row(&app, &browser).await;
    assert_eq!(row.generation, 1);
    assert_nothing_left(&row, "logout");
}
