//! What a copy of both stores is worth, and for how long.

use super::*;

/// The honest browser has taken the third generation, which has settled; the thief holds a copy of
/// the first.
async fn robbed(app: &TestApp, name: &str) -> (Browser, Browser) {
    let mut honest = app.logged_in(name).await;
    let thief = honest.clone();
    move_on(app, &mut honest).await;
    move_on(app, &mut honest).await;
    settle(app, &honest).await;
    (honest, thief)
}

#[track_caller]
fn assert_expires_cookies(answer: &Answer, browser: &Browser) {
    answer.assert_problem(401, "invalid_token");
    let line = |name: &str, path: &str| {
        format!("{name}=; Path={path}; Max-Age=0; HttpOnly; SameSite=Strict")
    };
    let refresh = line(browser.refresh_cookie(), "/api/auth/refresh");
    assert_eq!(answer.all("set-cookie"), [line(browser.access_cookie(), "/"), refresh]);
}

/// The same answer as for any other refusal, but for the cookies.
#[track_caller]
fn assert_tells_nothing(answer: &Answer, ordinary: &Answer) {
    let (status, mut headers, body) = answer.anonymous();
    headers.retain(|(name, _)| name != "set-cookie");
    assert_eq!((status, headers, body), ordinary.anonymous());
}

#[tokio::test]
async fn a_copy_that_comes_too_late_ends_the_session() {
    log::listen();
    let app = TestApp::start().await;
    let (honest, thief) = robbed(&app, "ada").await;
    let bystander = app.logged_in("ben").await;
    let mut nothing = bystander.clone();
    nothing.tokens.cookie_refresh = None;
    let ordinary = nothing.refresh_lost().await;

    assert_eq!(honest.me().await.status, 200);
    let answer = thief.refresh_lost().await;
    assert_expires_cookies(&answer, &thief);
    assert_tells_nothing(&answer, &ordinary);

    // The access pair too, at once, although it would live on for minutes.
    assert_refused(&honest.me().await);
    assert_refused(&honest.verify().await);
    assert_ended_by_reuse(&app, &honest).await;
    // The second time, nothing is left to expire.
    assert_refused(&thief.refresh_lost().await);
    assert_eq!(bystander.me().await.status, 200);

    let events = log::audited(&honest.session());
    let reuse: Vec<_> =
        events.iter().filter(|line| line.get("event") == "authn_token_reuse").collect();
    let [reuse] = reuse[..] else { panic!("{events:?}") };
    assert_eq!((reuse.level, reuse.get("half")), (tracing::Level::WARN, "both"));
    assert_eq!(reuse.get("user"), honest.claims()["sub"].as_str().unwrap());
    assert_eq!(reuse.get("request_id"), answer.header("x-request-id").unwrap());
    for token in [&thief.tokens, &honest.tokens] {
        for token in refresh_tokens(token).into_iter().flatten() {
            assert!(!format!("{events:?}").contains(&token));
        }
    }
}

#[tokio::test]
async fn a_thief_who_was_faster_is_found_out_by_its_victim() {
    log::listen();
    let app = TestApp::start().await;
    let honest = app.logged_in("ada").await;
    let mut thief = honest.clone();
    move_on(&app, &mut thief).await;
    settle(&app, &thief).await;
    assert_expires_cookies(&honest.refresh_lost().await, &honest);
    assert_ended_by_reuse(&app, &thief).await;
    let reuse = ["authn_token_reuse", "", "both"].map(str::to_owned);
    assert!(audited(&thief.session()).contains(&reuse));
}

#[tokio::test]
async fn the_first_generation_is_known_after_twenty_rotations() {
    let app = TestApp::start().await;
    let mut honest = app.logged_in("ada").await;
    let thief = honest.clone();
    for _ in 0..20 {
        move_on(&app, &mut honest).await;
    }
    // Nothing has been seen of the newest generation: perhaps the browser never got it.
    assert_refused(&thief.refresh_lost().await);
    settle(&app, &honest).await;
    assert_expires_cookies(&thief.refresh_lost().await, &thief);
    assert_ended_by_reuse(&app, &honest).await;
}

#[tokio::test]
async fn an_old_cookie_half_beside_the_current_body_half_is_a_copied_jar() {
    log::listen();
    let app = TestApp::start().await;
    let (honest, thief) = robbed(&app, "ada").await;
    let mut jar = honest.clone();
    jar.tokens.cookie_refresh = thief.tokens.cookie_refresh;
    assert_expires_cookies(&jar.refresh_lost().await, &jar);
    assert_ended_by_reuse(&app, &honest).await;
    let reuse = ["authn_token_reuse", "", "cookie"].map(str::to_owned);
    assert!(audited(&honest.session()).contains(&reuse));
}

#[tokio::test]
async fn an_old_body_half_beside_the_current_cookie_half_harms_nobody() {
    let app = TestApp::start().await;
    let (mut honest, thief) = robbed(&app, "ada").await;
    let before = row(&app, &honest).await;
    let mut storage = honest.clone();
    storage.tokens.body_refresh = thief.tokens.body_refresh;
    assert_refused(&storage.refresh_lost().await);
    assert!(before == row(&app, &honest).await);
    assert_eq!(honest.me().await.status, 200);
    assert_eq!(honest.refresh().await.status, 200);
}

#[tokio::test]
async fn a_cookie_that_does_not_belong_keeps_the_jar_as_it_is() {
    let app = TestApp::start().await;
    for (name, tossed) in [("ada", None), ("ben", Some("junk"))] {
        let (honest, thief) = robbed(&app, name).await;
        let other = app.logged_in(&format!("{name}-2")).await;
        let tossed = tossed.unwrap_or(other.tokens.cookie_refresh.as_deref().unwrap());
        let answer = thief.send(thief.refresh_call().cookie(thief.refresh_cookie(), tossed)).await;
        // A sibling host must not be able to sign anybody out of another session.
        assert_refused(&answer);
        assert_ended_by_reuse(&app, &honest).await;
        assert_eq!(other.me().await.status, 200);
    }
}

#[tokio::test]
async fn cookies_that_were_tossed_in_do_not_hide_the_real_one() {
    let app = TestApp::start().await;
    let (honest, thief) = robbed(&app, "ada").await;
    let other = app.logged_in("eve").await;
    let name = honest.refresh_cookie();
    let mut without = honest.clone();
    without.tokens.cookie_refresh = None;
    let real = honest.tokens.cookie_refresh.as_deref().unwrap();
    let old = thief.tokens.cookie_refresh.as_deref().unwrap();
    let foreign = other.tokens.cookie_refresh.as_deref().unwrap();
    let bare = || without.refresh_call();
    let before = bare().cookie(name, old).cookie(name, foreign).cookie(name, real);
    let after = bare().cookie(name, real).cookie(name, "junk").cookie(name, old);
    assert_eq!(brought(&honest.send(before).await), 4);
    assert_eq!(brought(&honest.send(after).await), 4, "given again");
}

#[tokio::test]
async fn within_the_interval_a_copy_gets_what_the_browser_has_and_no_more() {
    let app = TestApp::start().await;
    let mut honest = app.logged_in("ada").await;
    let thief = honest.clone();
    move_on(&app, &mut honest).await;
    assert_eq!(honest.me().await.status, 200);
    app.clock.advance(Duration::from_secs(INTERVAL) - MOMENT);
    let copied = tokens_of(&thief.refresh_lost().await, &thief);
    assert_eq!(refresh_tokens(&copied), refresh_tokens(&honest.tokens));
    assert_eq!(row(&app, &honest).await.generation, 2);

    // The browser moves on and uses it: the copy, never used, is worth nothing from now on.
    move_on(&app, &mut honest).await;
    settle(&app, &honest).await;
    assert_expires_cookies(&with(&thief, copied).refresh_lost().await, &thief);
    assert_ended_by_reuse(&app, &honest).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_copies_at_once_end_the_session_once() {
    log::listen();
    let app = TestApp::start().await;
    let (honest, thief) = robbed(&app, "ada").await;
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let thief = thief.clone();
            tokio::spawn(async move { thief.refresh_lost().await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().assert_problem(401, "invalid_token");
    }
    assert_ended_by_reuse(&app, &honest).await;
    let events = audited(&honest.session());
    for name in ["session_ended", "authn_token_reuse"] {
        assert_eq!(events.iter().filter(|[event, ..]| event == name).count(), 1, "{events:?}");
    }
}
