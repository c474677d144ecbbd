//! Exchanges under way together, and beside what ends their session.

use futures_util::future::join_all;

use super::*;

fn exchange(page: &Browser) -> tokio::task::JoinHandle<Answer> {
    let mut page = page.clone();
    tokio::spawn(async move { page.exchange().await })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn exchanges_at_once_all_bring_a_pair() {
    let app = TestApp::start().await;
    let page = with_pair(&app, "ada").await;
    for _ in 0..5 {
        // Each may move the deadline.
        app.advance(60);
        let answers = join_all((0..8).map(|_| exchange(&page))).await;
        for answer in answers {
            let answer = answer.unwrap();
            assert_eq!(answer.status, 200, "{answer:?}");
            let mut tab = page.clone();
            tab.keep(&answer);
            assert_eq!(tab.me().await.status, 200);
            assert_eq!(tab.session_cookie, page.session_cookie);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_exchange_never_revives_what_ended() {
    let app = TestApp::with(TestConfig::default().set("tokens.max_sessions", "100")).await;
    app.browser().register("ada").await;
    for round in 0..20 {
        let mut page = app.browser();
        page.password_login("ada").await;
        page.exchange().await;
        app.advance(60);
        let mut leaving = page.clone();
        let by_pair = round % 2 == 0;
        let (one, two, logout) = tokio::join!(
            exchange(&page),
            exchange(&page),
            tokio::spawn(async move {
                if by_pair { leaving.logout().await } else { leaving.session_logout().await }
            }),
        );
        assert_eq!(logout.unwrap().status, 204);
        for answer in [one.unwrap(), two.unwrap()] {
            let mut late = page.clone();
            if answer.status == 200 {
                late.keep(&answer);
            } else {
                assert_no_session(&answer);
            }
            late.me().await.assert_refused(401, "invalid_token");
            assert_no_session(&late.exchange().await);
        }
        let row = row(&app, &page).await;
        assert_eq!(row.end_reason.as_deref(), Some("logout"));
        assert!(row.ended_at.is_some() && row.cookie_hash.is_none());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_exchange_never_outlives_a_change_of_password() {
    let app = TestApp::start().await;
    for round in 0..5 {
        let name = format!("ada{round}");
        let page = with_pair(&app, &name).await;
        let mut other = another(&app, &name).await;
        let (late, changed) = tokio::join!(
            exchange(&page),
            tokio::spawn(async move { other.change_password(PASSWORD, NEW_PASSWORD).await }),
        );
        assert_eq!(changed.unwrap().status, 200);
        let (late, mut page) = (late.unwrap(), page);
        if late.status == 200 {
            page.keep(&late);
        }
        page.me().await.assert_refused(401, "invalid_token");
        assert_no_session(&page.exchange().await);
    }
}
