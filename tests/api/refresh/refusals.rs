//! What is refused, and that it is refused without a consequence.

use super::*;

/// The tokens of `one`, or of `other` where a bit of `choice` is set.
fn mixture(one: &Tokens, other: &Tokens, choice: u8) -> Tokens {
    let pick = |bit: u8, token: fn(&Tokens) -> &Option<String>| {
        token(if choice & (1 << bit) == 0 { one } else { other }).clone()
    };
    Tokens {
        body_access: pick(0, |tokens| &tokens.body_access),
        cookie_access: pick(1, |tokens| &tokens.cookie_access),
        body_refresh: pick(2, |tokens| &tokens.body_refresh),
        cookie_refresh: pick(3, |tokens| &tokens.cookie_refresh),
    }
}

#[tokio::test]
async fn all_four_are_needed() {
    let app = TestApp::start().await;
    let mut browser = app.logged_in("ada").await;
    app.advance(ACCESS_TTL + 10);
    let before = row(&app, &browser).await;
    for choice in 0..15 {
        let some = mixture(&Tokens::default(), &browser.tokens, choice);
        let answer = with(&browser, some).refresh_lost().await;
        if choice == 0 {
            answer.assert_refused(401, "unauthenticated");
        } else {
            assert_refused(&answer);
        }
        assert!(before == row(&app, &browser).await, "{choice:04b}");
    }
    assert_eq!(browser.refresh().await.status, 200);
}

#[tokio::test]
async fn all_four_are_of_one_session() {
    let app = TestApp::start().await;
    let ada = app.logged_in("ada").await;
    let mut elsewhere = app.browser();
    elsewhere.login("ada").await;
    let ben = app.logged_in("ben").await;
    app.advance(INTERVAL);
    for other in [&elsewhere, &ben] {
        let before = [row(&app, &ada).await, row(&app, other).await];
        for choice in 1..15 {
            let mixed = mixture(&ada.tokens, &other.tokens, choice);
            assert_refused(&with(&ada, mixed).refresh_lost().await);
            assert!(before == [row(&app, &ada).await, row(&app, other).await], "{choice:04b}");
        }
    }
    for browser in [ada, elsewhere, ben] {
        assert_eq!(brought(&browser.refresh_lost().await), 2);
    }
}

#[tokio::test]
async fn a_half_does_not_stand_in_for_the_other() {
    let app = TestApp::start().await;
    let browser = app.logged_in("ada").await;
    app.advance(INTERVAL);
    let Tokens { body_access, cookie_access, body_refresh, cookie_refresh } = &browser.tokens;
    let before = row(&app, &browser).await;
    for [access_body, access_cookie, refresh_body, refresh_cookie] in [
        [cookie_access, body_access, body_refresh, cookie_refresh],
        [body_access, body_access, body_refresh, cookie_refresh],
        [cookie_access, cookie_access, body_refresh, cookie_refresh],
        [body_access, cookie_access, cookie_refresh, body_refresh],
        [body_access, cookie_access, body_refresh, body_refresh],
        [body_access, cookie_access, cookie_refresh, cookie_refresh],
        [body_refresh, cookie_refresh, body_access, cookie_access],
    ] {
        let swapped = Tokens {
            body_access: access_body.clone(),
            cookie_access: access_cookie.clone(),
            body_refresh: refresh_body.clone(),
            cookie_refresh: refresh_cookie.clone(),
        };
        assert_refused(&with(&browser, swapped).refresh_lost().await);
        assert!(before == row(&app, &browser).await);
    }
}

#[tokio::test]
async fn junk_never_reaches_the_database() {
    let app = TestApp::start().await;
    let browser = app.logged_in("ada").await;
    let other = app.logged_in("ben").await;
    app.advance(INTERVAL);
    app.database.sql("alter table sessions rename to elsewhere").await;
    let unread = browser.refresh_lost().await;
    assert!(unread.status >= 500, "the database is asked about genuine tokens: {unread:?}");

    let refresh = |body: Option<&str>, cookie: Option<&str>| {
        let (body_refresh, cookie_refresh) = (body.map(str::to_owned), cookie.map(str::to_owned));
        Tokens { body_refresh, cookie_refresh, ..browser.tokens.clone() }
    };
    let other_session = (&other.tokens.body_refresh, &other.tokens.cookie_refresh);
    let of_other_session = refresh(other_session.0.as_deref(), other_session.1.as_deref());
    let junk = refresh(Some("junk"), Some("junk"));
    let altered = |token: &Option<String>| token.as_deref().map(spoilt);
    let forged = Tokens {
        body_refresh: altered(&browser.tokens.body_refresh),
        cookie_refresh: altered(&browser.tokens.cookie_refresh),
        ..browser.tokens.clone()
    };
    let no_pair =
        Tokens { body_access: other.tokens.body_access.clone(), ..browser.tokens.clone() };
    for tokens in [junk, forged, refresh(None, None), of_other_session, no_pair] {
        assert_refused(&with(&browser, tokens).refresh_lost().await);
    }
    app.database.sql("alter table elsewhere rename to sessions").await;
    assert_eq!(brought(&browser.refresh_lost().await), 2);
}

#[tokio::test]
async fn a_session_that_ended_is_over() {
    log::listen();
    let app = TestApp::start().await;
    let mut browser = app.logged_in("ada").await;
    let left = browser.clone();
    app.advance(INTERVAL);
    browser.logout().await;
    assert_refused(&left.refresh_lost().await);
    assert_nothing_left(&row(&app, &left).await, "logout");
    let refusal = ["authn_token_refused", "ended", "pair"].map(str::to_owned);
    assert_eq!(audited(&left.session()).last(), Some(&refusal));
}

#[tokio::test]
async fn a_session_that_is_no_longer_there_is_over() {
    let app = TestApp::start().await;
    let browser = app.logged_in("ada").await;
    app.database.sql("delete from sessions").await;
    assert_refused(&browser.refresh_lost().await);
}

#[tokio::test]
async fn a_disabled_account_is_refused_even_where_its_session_lives_on() {
    log::listen();
    let app = TestApp::start().await;
    let browser = app.logged_in("ada").await;
    app.advance(INTERVAL);
    let before = row(&app, &browser).await;
    app.database.sql("update users set disabled_at = 1").await;
    assert_refused(&browser.refresh_lost().await);
    assert!(before == row(&app, &browser).await);
    assert_eq!(audited(&browser.session()).last().unwrap()[1], "disabled");
    app.database.sql("update users set disabled_at = null").await;
    assert_eq!(brought(&browser.refresh_lost().await), 2);

    let user = app.auth().find_user("ada@example.com").await.unwrap().id;
    app.auth().disable_user(user).await.unwrap();
    assert_refused(&browser.refresh_lost().await);
    assert_refused(&browser.me().await);
    assert_nothing_left(&row(&app, &browser).await, "user_disabled");
    app.auth().enable_user(user).await.unwrap();
    assert_refused(&browser.refresh_lost().await);
}

#[tokio::test]
async fn all_refusals_look_alike() {
    let app = TestApp::start().await;
    let mut browser = app.logged_in("ada").await;
    let old = browser.clone();
    move_on(&app, &mut browser).await;
    move_on(&app, &mut browser).await;
    let of = |body: &Browser, cookie: &Browser| {
        let tokens = mixture(&body.tokens, &cookie.tokens, 0b1010);
        with(&browser, tokens)
    };
    let mut junk = browser.clone();
    junk.tokens.cookie_refresh = Some("junk".to_owned());
    let mut no_cookies = browser.clone();
    (no_cookies.tokens.cookie_access, no_cookies.tokens.cookie_refresh) = (None, None);
    let mut forged = browser.clone();
    forged.tokens.body_access.as_mut().unwrap().push('A');

    let mut answers = Vec::new();
    for caller in [of(&old, &browser), of(&browser, &old), old.clone(), junk, no_cookies, forged] {
        answers.push(caller.refresh_lost().await);
    }
    let mut left = browser.clone();
    left.logout().await;
    answers.push(browser.refresh_lost().await);
    for answer in &answers {
        assert_refused(answer);
        assert_eq!(answer.anonymous(), answers[0].anonymous());
    }
}
