//! Every cell of the table over HTTP, on both sides of *settled*.

use super::*;

/// How a refresh token stands to the current generation, which is the third.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    /// Of the third.
    Current,
    /// Of the second.
    Previous,
    /// Of the first.
    Older,
    /// Nothing is presented.
    Missing,
    /// Not a token of this service.
    Junk,
    /// Of another session.
    Foreign,
}

use Shown::{Current, Foreign, Junk, Missing, Older, Previous};

const SHOWN: [Shown; 6] = [Current, Previous, Older, Missing, Junk, Foreign];

/// What comes of it. Refusals with the reason in the audit log; empty if any will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Rotates,
    Resends,
    Refuses(&'static str),
    Ends(&'static str),
}

use Outcome::{Ends, Refuses, Resends, Rotates};

/// The table, row by row: the cookie half, whether settled, then the body half at age 0, 1, 2 and
/// as good as not there.
const TABLE: [(Shown, bool, [Outcome; 4]); 8] = [
    (Current, false, [Rotates, Resends, Refuses("stale_body"), Refuses("partial")]),
    (Current, true, [Rotates, Resends, Refuses("stale_body"), Refuses("partial")]),
    (Previous, false, [Resends, Resends, Refuses(""), Refuses("")]),
    (Previous, true, [Resends, Ends("both"), Ends("both"), Refuses("spent_cookie")]),
    (Older, false, [Refuses(""), Refuses(""), Refuses(""), Refuses("")]),
    (Older, true, [Ends("cookie"), Ends("both"), Ends("both"), Refuses("spent_cookie")]),
    (Missing, false, [Refuses("partial"), Refuses(""), Refuses(""), Refuses("")]),
    (Missing, true, [Refuses("partial"), Refuses(""), Refuses(""), Refuses("")]),
];

fn expected(cookie: Shown, body: Shown, settled: bool) -> Outcome {
    let row = if matches!(cookie, Junk | Foreign) { Missing } else { cookie };
    let column = [Current, Previous, Older].iter().position(|shown| *shown == body).unwrap_or(3);
    TABLE.iter().find(|(cookie, when, _)| (*cookie, *when) == (row, settled)).unwrap().2[column]
}

/// A session in its third generation, and what it and another one were given.
struct History {
    browser: Browser,
    generations: [Tokens; 3],
    foreign: Tokens,
}

impl History {
    async fn new(app: &TestApp, settled: bool, foreign: &Browser) -> Self {
        let mut browser = app.browser();
        assert_eq!(browser.login("ada").await.status, 200);
        let first = browser.tokens.clone();
        move_on(app, &mut browser).await;
        let second = browser.tokens.clone();
        move_on(app, &mut browser).await;
        if settled {
            settle(app, &browser).await;
        } else {
            app.advance(INTERVAL);
        }
        let generations = [first, second, browser.tokens.clone()];
        Self { browser, generations, foreign: foreign.tokens.clone() }
    }

    /// A browser that presents these refresh tokens, each beside the access token of its issue.
    fn presenting(&self, cookie: Shown, body: Shown) -> Browser {
        let issue = |shown| match shown {
            Older => &self.generations[0],
            Previous => &self.generations[1],
            Current | Missing | Junk | Foreign => &self.generations[2],
        };
        let refresh = |shown, pick: fn(&Tokens) -> &Option<String>| match shown {
            Missing => None,
            Foreign => pick(&self.foreign).clone(),
            Junk => pick(issue(shown)).as_deref().map(spoilt),
            Current | Previous | Older => pick(issue(shown)).clone(),
        };
        let tokens = Tokens {
            body_access: issue(body).body_access.clone(),
            cookie_access: issue(cookie).cookie_access.clone(),
            body_refresh: refresh(body, |tokens| &tokens.body_refresh),
            cookie_refresh: refresh(cookie, |tokens| &tokens.cookie_refresh),
        };
        with(&self.browser, tokens)
    }
}

async fn every_cell(settled: bool) {
    log::listen();
    let app = roomy().await;
    let foreign = app.logged_in("eve").await;
    app.browser().register("ada").await;
    for cookie in SHOWN {
        for body in SHOWN {
            let history = History::new(&app, settled, &foreign).await;
            let before = row(&app, &history.browser).await;
            assert_eq!((before.generation, before.acknowledged_at.is_some()), (3, settled));
            let answer = history.presenting(cookie, body).refresh_lost().await;
            let cell = format!("cookie {cookie:?}, body {body:?}, settled {settled}");
            let after = row(&app, &history.browser).await;
            match expected(cookie, body, settled) {
                Rotates => rotated(&history, &answer, [&before, &after], &cell).await,
                Resends => {
                    let sees = settled || body == Current;
                    assert_eq!(after.acknowledged_at.is_some(), sees, "{cell}");
                    let acknowledged_at = before.acknowledged_at;
                    let after = Model { acknowledged_at, ..after };
                    resent(&app, &history, &answer, [&before, &after], &cell).await;
                }
                Refuses(reason) => {
                    assert!(before == after, "{cell}");
                    let worth_an_event = [Current, Previous, Older];
                    let logged = worth_an_event.contains(&cookie) || worth_an_event.contains(&body);
                    refused(&app, history, &answer, logged.then_some(reason), &cell).await;
                }
                Ends(half) => ended(&app, &history, &answer, half, &cell).await,
            }
        }
    }
}

async fn rotated(history: &History, answer: &Answer, [before, after]: [&Model; 2], cell: &str) {
    let next = with(&history.browser, tokens_of(answer, &history.browser));
    assert_eq!(brought(answer), 4, "{cell}");
    for (new, old) in
        refresh_tokens(&next.tokens).iter().zip(refresh_tokens(&history.browser.tokens))
    {
        assert_ne!(*new, old, "{cell}");
    }
    assert_complete(after);
    assert_eq!((after.generation, after.acknowledged_at), (4, None), "{cell}");
    assert_eq!(after.previous_body_hash, before.body_hash, "{cell}");
    assert_eq!(after.previous_cookie_hash, before.cookie_hash, "{cell}");
    let changes = [
        (&before.body_hash, &after.body_hash),
        (&before.cookie_hash, &after.cookie_hash),
        (&before.salt, &after.salt),
    ];
    assert!(changes.iter().all(|(old, new)| old != new), "{cell}");
    assert_eq!(next.me().await.status, 200, "{cell}");
}

async fn resent(
    app: &TestApp,
    history: &History,
    answer: &Answer,
    [before, after]: [&Model; 2],
    cell: &str,
) {
    assert!(before == after, "{cell}");
    let mut again = with(&history.browser, tokens_of(answer, &history.browser));
    assert_eq!(brought(answer), 3, "{cell}");
    let [_, _, current] = &history.generations;
    assert_eq!(refresh_tokens(&again.tokens), refresh_tokens(current), "{cell}");
    assert_ne!(again.tokens.body_access, current.body_access, "{cell}");
    assert_ne!(again.tokens.cookie_access, current.cookie_access, "{cell}");
    assert_eq!(again.me().await.status, 200, "{cell}");
    move_on(app, &mut again).await;
}

async fn refused(
    app: &TestApp,
    mut history: History,
    answer: &Answer,
    reason: Option<&str>,
    cell: &str,
) {
    assert_refused(answer);
    let events = audited(&history.browser.session());
    let refusals: Vec<_> =
        events.iter().filter(|[event, ..]| event == "authn_token_refused").collect();
    if let Some(reason) = reason {
        let [[_, logged, half]] = refusals[..] else { panic!("{cell}: {events:?}") };
        assert!(logged == reason || reason.is_empty() && !logged.is_empty(), "{cell}: {logged}");
        assert!(["body", "cookie", "pair"].contains(&half.as_str()), "{cell}");
    }
    assert_eq!(history.browser.me().await.status, 200, "{cell}");
    move_on(app, &mut history.browser).await;
}

async fn ended(app: &TestApp, history: &History, answer: &Answer, half: &str, cell: &str) {
    answer.assert_problem(401, "invalid_token");
    assert_expires_cookies(answer, &history.browser);
    assert_ended_by_reuse(app, &history.browser).await;
    let events = audited(&history.browser.session());
    let reuse = ["authn_token_reuse", "", half].map(str::to_owned);
    assert_eq!(events.iter().filter(|event| **event == reuse).count(), 1, "{cell}: {events:?}");
    let end = ["session_ended", "reuse", ""].map(str::to_owned);
    assert_eq!(events.iter().filter(|event| **event == end).count(), 1, "{cell}: {events:?}");
}

#[track_caller]
fn assert_expires_cookies(answer: &Answer, browser: &Browser) {
    let mut jar = browser.clone();
    jar.keep_cookies(answer);
    assert_eq!((&jar.tokens.cookie_access, &jar.tokens.cookie_refresh), (&None, &None));
    assert_eq!(answer.all("set-cookie").len(), 2);
}

#[tokio::test]
async fn every_cell_before_the_generation_has_settled() {
    every_cell(false).await;
}

#[tokio::test]
async fn every_cell_once_the_generation_has_settled() {
    every_cell(true).await;
}
