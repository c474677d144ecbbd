//! Honest browsers with bad luck: none of this logs anybody out.

use std::{collections::HashSet, sync::Arc};

use tandem::domain::role::Roles;

use super::*;

/// Hours in which a phone sleeps, a laptop is closed.
const HOURS: u64 = 6 * 3600;

#[tokio::test]
async fn a_lost_answer_is_given_again() {
    let app = TestApp::start().await;
    for (name, pause) in [("ada", 1), ("ben", HOURS)] {
        let mut browser = app.logged_in(name).await;
        app.advance(INTERVAL);
        let lost = tokens_of(&browser.refresh_lost().await, &browser);
        assert_eq!(browser.me().await.status, 200, "what it holds still opens the door");
        app.advance(pause);
        assert_eq!(browser.refresh().await.status, 200);
        assert_eq!((generation(&browser), row(&app, &browser).await.generation), (2, 2));
        assert_eq!(refresh_tokens(&browser.tokens), refresh_tokens(&lost));
        assert_ne!(browser.tokens.body_access, lost.body_access);
        assert_ne!(browser.tokens.cookie_access, lost.cookie_access);
        assert_eq!(with(&browser, lost).me().await.status == 200, pause == 1);
        settle(&app, &browser).await;
        move_on(&app, &mut browser).await;
    }
}

#[tokio::test]
async fn an_answer_that_died_with_its_instance_is_given_again() {
    let app = TestApp::start().await;
    let mut browser = app.logged_in("ada").await;
    app.advance(INTERVAL);
    let lost = tokens_of(&browser.refresh_lost().await, &browser);
    let (config, clock) = (app.shared_config(), Arc::clone(&app.clock));
    let app = TestApp::instance(config, app.kill().await, clock).await;
    browser.address = app.address;
    assert_eq!(browser.refresh().await.status, 200);
    assert_eq!(refresh_tokens(&browser.tokens), refresh_tokens(&lost));
    assert_eq!((generation(&browser), row(&app, &browser).await.generation), (2, 2));
    move_on(&app, &mut browser).await;
}

#[tokio::test]
async fn a_split_answer_is_given_again() {
    let app = TestApp::start().await;
    // Retried at once, or by another tab, long after the first one was closed.
    for (name, pause) in [("ada", 1), ("ben", HOURS)] {
        let mut browser = app.logged_in(name).await;
        app.advance(INTERVAL);
        let split = tokens_of(&browser.refresh_split().await, &browser);
        assert_eq!(generation(&browser), 1);
        assert_eq!(browser.tokens.cookie_refresh, split.cookie_refresh);
        assert_eq!(browser.me().await.status, 200, "halves of neighbouring generations");
        app.advance(pause);
        assert_eq!(browser.refresh().await.status, 200);
        assert_eq!(refresh_tokens(&browser.tokens), refresh_tokens(&split));
        assert_eq!((generation(&browser), row(&app, &browser).await.generation), (2, 2));
        settle(&app, &browser).await;
        move_on(&app, &mut browser).await;
    }
}

#[tokio::test]
async fn a_jar_that_forgot_its_last_write_is_mended_even_once_settled() {
    let app = TestApp::start().await;
    let mut browser = app.logged_in("ada").await;
    app.advance(INTERVAL);
    let answer = browser.refresh_lost().await;
    browser.keep_body(&answer);
    settle(&app, &browser).await;
    app.advance(HOURS);
    assert_eq!(browser.refresh().await.status, 200);
    assert_eq!(refresh_tokens(&browser.tokens), refresh_tokens(&tokens_of(&answer, &browser)));
    assert_eq!(row(&app, &browser).await.generation, 2);
    move_on(&app, &mut browser).await;
}

#[tokio::test]
async fn a_phone_may_sleep_between_an_answer_and_the_next_request() {
    let app = TestApp::start().await;
    let mut browser = app.logged_in("ada").await;
    for expected in 2..5 {
        app.advance(HOURS);
        assert_eq!(browser.refresh().await.status, 200);
        assert_eq!(generation(&browser), expected);
    }
    assert_eq!(browser.me().await.status, 200);
}

#[tokio::test]
async fn tokens_that_expired_long_ago_are_fine() {
    let app = TestApp::start().await;
    let mut browser = app.logged_in("ada").await;
    app.advance(7 * 24 * 3600 - 1);
    browser.me().await.assert_refused(401, "access_expired");
    assert_eq!(browser.refresh().await.status, 200);
    assert_eq!(browser.me().await.status, 200);
}

#[tokio::test]
async fn two_tabs_at_once_get_the_same_generation() {
    let app = TestApp::start().await;
    let mut browser = app.logged_in("ada").await;
    for last in 0..2 {
        app.advance(INTERVAL);
        let (one, other) = tokio::join!(browser.refresh_lost(), browser.refresh_lost());
        let answers = [tokens_of(&one, &browser), tokens_of(&other, &browser)];
        assert_eq!(refresh_tokens(&answers[0]), refresh_tokens(&answers[1]));
        let order = if last == 0 { [&one, &other] } else { [&other, &one] };
        for answer in order {
            browser.keep_newer(answer);
        }
        assert_eq!(browser.me().await.status, 200);
        assert_eq!(generation(&browser), last + 2);
        assert_eq!(row(&app, &browser).await.generation, i64::try_from(last + 2).unwrap());
    }
    move_on(&app, &mut browser).await;
}

#[tokio::test]
async fn answers_may_arrive_out_of_order() {
    let app = TestApp::start().await;
    let mut browser = app.logged_in("ada").await;
    let first = browser.clone();
    assert_eq!(move_on(&app, &mut browser).await, 2);
    app.advance(INTERVAL / 3);
    // Another tab, with what it read before: its answer will be slow.
    let slow = first.refresh_lost().await;
    assert_eq!(brought(&slow), 2);
    app.advance(INTERVAL - INTERVAL / 3);
    assert_eq!(browser.refresh().await.status, 200);
    assert_eq!(generation(&browser), 3);
    assert_eq!(browser.me().await.status, 200);

    browser.keep_newer(&slow);
    assert_eq!(generation(&browser), 3, "the body half stays");
    assert_eq!(browser.tokens.cookie_refresh, tokens_of(&slow, &browser).cookie_refresh);
    assert_eq!(browser.me().await.status, 200);
    app.advance(HOURS);
    assert_eq!(browser.refresh().await.status, 200);
    assert_eq!((generation(&browser), row(&app, &browser).await.generation), (3, 3));
    move_on(&app, &mut browser).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_at_once_make_one_new_generation() {
    let app = TestApp::start().await;
    let elsewhere = app.second().await;
    let mut browser = app.logged_in("ada").await;
    app.advance(ACCESS_TTL);
    let calls: Vec<_> = (0..20)
        .map(|n| {
            let mut tab = browser.clone();
            tab.address = if n % 4 == 0 { elsewhere.address } else { app.address };
            tokio::spawn(async move { tab.refresh_lost().await })
        })
        .collect();
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.unwrap());
    }
    let brought: HashSet<_> =
        answers.iter().map(|answer| refresh_tokens(&tokens_of(answer, &browser))).collect();
    assert_eq!(brought.len(), 1);
    let row = row(&app, &browser).await;
    assert_complete(&row);
    assert_eq!(row.generation, 2);
    for answer in answers {
        browser.keep_newer(&answer);
        assert_eq!(browser.me().await.status, 200);
    }
    move_on(&app, &mut browser).await;
}

#[tokio::test]
async fn fifty_rotations_in_a_row() {
    let app = TestApp::start().await;
    let mut browser = app.logged_in("ada").await;
    let mut seen = HashSet::from([refresh_tokens(&browser.tokens)]);
    for expected in 2..52 {
        assert_eq!(move_on(&app, &mut browser).await, expected);
        assert!(seen.insert(refresh_tokens(&browser.tokens)), "a token came back");
        if expected % 2 == 0 {
            assert_eq!(browser.me().await.status, 200);
        }
    }
    let row = row(&app, &browser).await;
    assert_complete(&row);
    assert_eq!(row.generation, 51);
}

#[tokio::test]
async fn what_was_just_minted_is_given_again_instead_of_moving_on() {
    let app = TestApp::start().await;
    start_of_second(&app);
    let first = app.logged_in("ada").await;
    app.clock.advance(Duration::from_secs(INTERVAL) - MOMENT);
    let mut again = first.clone();
    assert_eq!(again.refresh().await.status, 200);
    assert_eq!(generation(&again), 1);
    assert_eq!(refresh_tokens(&again.tokens), refresh_tokens(&first.tokens));
    assert_ne!(again.tokens.body_access, first.tokens.body_access);

    app.clock.advance(MOMENT);
    // One young access token is enough, whichever half it is of.
    let (mut young_body, mut young_cookie) = (first.clone(), first.clone());
    young_body.tokens.body_access.clone_from(&again.tokens.body_access);
    young_cookie.tokens.cookie_access.clone_from(&again.tokens.cookie_access);
    for tab in [young_body, young_cookie, again] {
        assert_eq!(brought(&tab.refresh_lost().await), 1);
    }
    assert_eq!(brought(&first.refresh_lost().await), 2, "exactly reuse_interval old");
}

#[tokio::test]
async fn early_refreshes_move_the_idle_deadline_once_an_access_lifetime() {
    let app = TestApp::start().await;
    start_of_second(&app);
    let mut browser = app.logged_in("ada").await;
    let begun = row(&app, &browser).await;
    for round in 1..=26 {
        app.advance(INTERVAL - 10);
        let answer = browser.refresh().await;
        assert_eq!((answer.status, brought(&answer)), (200, 1));
        let now = row(&app, &browser).await;
        let passed = round * (INTERVAL - 10);
        let moved = i64::try_from(passed / ACCESS_TTL * ACCESS_TTL * 1000).unwrap();
        assert_eq!(now.last_seen_at - begun.last_seen_at, moved, "after {passed} s");
        assert_eq!(now.idle_expires_at - begun.idle_expires_at, moved, "after {passed} s");
        let left = u64::try_from(now.idle_expires_at - begun.created_at).unwrap() / 1000 - passed;
        assert_eq!(answer.json()["refresh_expires_in"], left);
    }
    assert_eq!(row(&app, &browser).await.generation, 1);
    move_on(&app, &mut browser).await;
}

#[tokio::test]
async fn a_resend_after_bad_luck_moves_no_deadline() {
    let app = TestApp::start().await;
    let mut browser = app.logged_in("ada").await;
    app.advance(INTERVAL);
    assert_eq!(browser.refresh_lost().await.status, 200);
    let before = row(&app, &browser).await;
    app.advance(HOURS);
    assert_eq!(browser.refresh().await.status, 200);
    let after = row(&app, &browser).await;
    assert_eq!(
        (before.idle_expires_at, before.last_seen_at),
        (after.idle_expires_at, after.last_seen_at)
    );
}

#[tokio::test]
async fn new_roles_arrive_with_the_next_refresh_whether_it_moves_on_or_not() {
    let app = TestApp::start().await;
    let mut browser = app.logged_in("ada").await;
    let user = app.auth().find_user("ada@example.com").await.unwrap().id;
    // Tokens issued after a change may name the next second but one.
    let later = INTERVAL + 2;
    for (roles, pause) in [(&["editor"][..], 0), (&["admin", "editor"], later), (&[], later)] {
        app.advance(pause);
        let before = generation(&browser);
        app.auth().set_roles(user, &Roles::parse(roles.iter().copied()).unwrap()).await.unwrap();
        browser.me().await.assert_refused(401, "access_expired");
        assert_eq!(browser.refresh().await.status, 200);
        assert_eq!(generation(&browser), before + u64::from(pause > 0));
        assert_eq!(browser.claims()["roles"], serde_json::json!(roles));
        let bar = row(&app, &browser).await.tokens_not_before.unwrap();
        assert!(browser.claims()["iat"].as_i64().unwrap() * 1000 > bar);
        assert_eq!(browser.me().await.status, 200);
    }
}

#[tokio::test]
async fn access_tokens_of_an_older_generation_do_beside_current_refresh_tokens() {
    let app = TestApp::start().await;
    let first = app.logged_in("ada").await;
    let mut browser = first.clone();
    move_on(&app, &mut browser).await;
    move_on(&app, &mut browser).await;
    app.advance(INTERVAL);
    let mut mixed = browser.clone();
    mixed.tokens.body_access = first.tokens.body_access;
    mixed.tokens.cookie_access = first.tokens.cookie_access;
    assert_eq!(brought(&mixed.refresh_lost().await), 4);
}
