//! Refreshing: honest browsers are never logged out, and a copy does not live long.
//!
//! [`table`] goes through every cell of the decision. The other files tell the stories that the
//! decision is there for.

mod acknowledgement;
mod deadlines;
mod journeys;
mod races;
mod refusals;
mod restored;
mod table;
mod theft;

use std::time::Duration;

use entity::sessions::Model;

use tandem::domain::clock::Clock;

use super::support::{Answer, Browser, TestApp, TestConfig, Tokens, browser, log};

/// `tokens.reuse_interval`, seconds.
const INTERVAL: u64 = 30;

/// `tokens.access_ttl`, seconds.
const ACCESS_TTL: u64 = 240;

/// A moment short of it.
const MOMENT: Duration = Duration::from_millis(1);

/// An instance whose users may have any number of sessions.
async fn roomy() -> TestApp {
    TestApp::with(TestConfig::default().set("tokens.max_sessions", "1000")).await
}

/// Moves the clock to where a second begins: tokens tell time in whole ones.
fn start_of_second(app: &TestApp) {
    let millis = app.clock.now().millis().rem_euclid(1000);
    app.clock.advance(Duration::from_millis(u64::try_from(1000 - millis).unwrap()));
}

/// Lets `reuse_interval` pass and refreshes: the session moves on. Gives the new generation.
async fn move_on(app: &TestApp, browser: &mut Browser) -> u64 {
    app.advance(INTERVAL);
    let before = generation(browser);
    let answer = browser.refresh().await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(generation(browser), before + 1);
    before + 1
}

/// Uses the current generation, and lets `reuse_interval` pass since: it is settled.
async fn settle(app: &TestApp, browser: &Browser) {
    assert_eq!(browser.me().await.status, 200);
    app.advance(INTERVAL);
}

/// The generation of the body half that a browser holds.
fn generation(browser: &Browser) -> u64 {
    browser.claims()["gen"].as_u64().unwrap()
}

/// The same browser with other tokens.
fn with(browser: &Browser, tokens: Tokens) -> Browser {
    let mut other = browser.clone();
    other.tokens = tokens;
    other
}

/// What an answer brings, all four.
fn tokens_of(answer: &Answer, browser: &Browser) -> Tokens {
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut taker = with(browser, Tokens::default());
    taker.keep(answer);
    let Tokens { body_access, cookie_access, body_refresh, cookie_refresh } = &taker.tokens;
    let all = [body_access, cookie_access, body_refresh, cookie_refresh];
    assert!(all.iter().all(|token| token.is_some()), "{answer:?}");
    taker.tokens
}

/// Both refresh tokens.
fn refresh_tokens(tokens: &Tokens) -> [Option<String>; 2] {
    [tokens.body_refresh.clone(), tokens.cookie_refresh.clone()]
}

/// The same token with its last character but one changed.
fn spoilt(token: &str) -> String {
    let (head, tail) = token.split_at(token.len() - 2);
    let (other, last) = (if tail.starts_with('A') { "B" } else { "A" }, &tail[1..]);
    format!("{head}{other}{last}")
}

/// A `401` without cookies; all of them are alike, whatever the cause.
#[track_caller]
fn assert_refused(answer: &Answer) {
    answer.assert_refused(401, "invalid_token");
    assert_eq!(answer.json().as_object().unwrap().len(), 5, "{answer:?}");
}

/// The row of a browser's session, once what is under way is written.
async fn row(app: &TestApp, browser: &Browser) -> Model {
    app.flush().await;
    app.database.stored_session(&browser.session()).await
}

/// Whether the row holds what the session can be refreshed with; the previous hashes and the salt
/// from the second generation on.
#[track_caller]
fn assert_complete(row: &Model) {
    let is_32_bytes = |column: &Option<Vec<u8>>| column.as_ref().is_some_and(|c| c.len() == 32);
    assert!(is_32_bytes(&row.body_hash) && is_32_bytes(&row.cookie_hash));
    for column in [&row.previous_body_hash, &row.previous_cookie_hash, &row.salt] {
        assert_eq!(is_32_bytes(column), row.generation > 1);
    }
    assert_eq!((row.ended_at, &row.end_reason), (None, &None));
}

/// The session of `browser` has ended by reuse, its row holds nothing to redeem, and not even the
/// newest tokens are of any use.
async fn assert_ended_by_reuse(app: &TestApp, newest: &Browser) {
    assert_refused(&newest.me().await);
    assert_refused(&newest.refresh_lost().await);
    assert_nothing_left(&row(app, newest).await, "reuse");
}

#[track_caller]
fn assert_nothing_left(row: &Model, reason: &str) {
    let Model { body_hash, cookie_hash, previous_body_hash, previous_cookie_hash, salt, .. } = row;
    for column in [body_hash, cookie_hash, previous_body_hash, previous_cookie_hash, salt] {
        assert_eq!(*column, None);
    }
    assert_eq!(row.end_reason.as_deref(), Some(reason));
    assert!(row.ended_at.is_some());
    assert_eq!(row.changed_at, row.ended_at, "other instances would not learn of it");
}

/// Names, reasons and halves of a session's audit events.
fn audited(session: &str) -> Vec<[String; 3]> {
    let fields = |line: &log::Line| ["event", "reason", "half"].map(|name| line.get(name).into());
    log::audited(session).iter().map(fields).collect()
}

/// The generation that an answer brings.
fn brought(answer: &Answer) -> u64 {
    let body = answer.json();
    browser::claims(body["access_token"].as_str().unwrap())["gen"].as_u64().unwrap()
}
