//! One browser, one jar, pages of either flow: whoever signs in last has it, and nobody goes round in
//! circles.

use super::*;

/// A browser with a page of either flow open. The jar is shared; what a page holds is its own.
struct Tabs<'a> {
    app: &'a TestApp,
    jar: Browser,
    /// The dual page's storage: body access and refresh token.
    stored: Option<[Option<String>; 2]>,
    /// The other page's memory.
    memory: Option<String>,
    /// Answers still on their way.
    late: Vec<(Act, Answer)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    DualLogin,
    SessionLogin,
    Refresh,
    RefreshLate,
    Exchange,
    ExchangeLate,
    DualLogout,
    SessionLogout,
}

const ACTS: [Act; 8] = [
    Act::DualLogin,
    Act::SessionLogin,
    Act::Refresh,
    Act::RefreshLate,
    Act::Exchange,
    Act::ExchangeLate,
    Act::DualLogout,
    Act::SessionLogout,
];

impl<'a> Tabs<'a> {
    fn open(app: &'a TestApp) -> Self {
        Self { app, jar: app.browser(), stored: None, memory: None, late: Vec::new() }
    }

    /// The dual page, with the jar as it is now.
    fn dual(&self) -> Browser {
        let mut browser = self.jar.clone();
        [browser.tokens.body_access, browser.tokens.body_refresh] =
            self.stored.clone().unwrap_or_default();
        browser
    }

    /// The page of the session flow, with the jar as it is now.
    fn page(&self) -> Browser {
        let mut browser = self.jar.clone();
        browser.tokens.body_access = self.memory.clone();
        browser
    }

    async fn act(&mut self, act: Act) {
        let has_pair = self.stored.is_some();
        let answer = match act {
            Act::DualLogin => self.dual().login("ada").await,
            Act::SessionLogin => self.page().password_login("ada").await,
            Act::Refresh | Act::RefreshLate if has_pair => self.dual().refresh_lost().await,
            Act::DualLogout if has_pair => self.dual().logout().await,
            Act::Refresh | Act::RefreshLate | Act::DualLogout => return,
            Act::Exchange | Act::ExchangeLate => self.page().exchange().await,
            Act::SessionLogout => self.page().session_logout().await,
        };
        if matches!(act, Act::RefreshLate | Act::ExchangeLate) {
            self.late.push((act, answer));
        } else {
            self.take(act, &answer);
        }
    }

    /// What browser and pages do with an answer.
    fn take(&mut self, act: Act, answer: &Answer) {
        self.jar.keep_cookies(answer);
        let token = |name: &str| answer.json()[name].as_str().map(str::to_owned);
        let good = answer.status == 200;
        match act {
            Act::DualLogin => self.stored = Some([token("access_token"), token("refresh_token")]),
            Act::Refresh | Act::RefreshLate => {
                // A client looks whether the session is still the one it refreshed.
                let sid = |token: &Option<String>| {
                    token.as_deref().map(|token| claims(token)["sid"].clone())
                };
                let mine = self.stored.as_ref().map(|[access, _]| sid(access));
                if good && mine == Some(sid(&token("access_token"))) {
                    self.stored = Some([token("access_token"), token("refresh_token")]);
                } else if !good && act == Act::Refresh {
                    self.stored = None;
                }
            }
            Act::Exchange | Act::ExchangeLate => {
                self.memory = good.then(|| token("access_token")).flatten();
            }
            Act::DualLogout => self.stored = None,
            Act::SessionLogin | Act::SessionLogout => self.memory = None,
        }
    }

    fn deliver(&mut self) {
        for (act, answer) in std::mem::take(&mut self.late) {
            self.take(act, &answer);
        }
    }

    /// What the dual page does when it is looked at again: at most one refresh. True if it ends in
    /// the application, false if in the login.
    async fn settle_dual(&mut self) -> bool {
        if self.stored.is_some() && self.dual().me().await.status != 200 {
            self.act(Act::Refresh).await;
        }
        self.stored.is_some() && self.settled(&self.dual()).await
    }

    /// The same of the other page: at most one exchange.
    async fn settle_page(&mut self) -> bool {
        if self.memory.is_none() || self.page().me().await.status != 200 {
            self.act(Act::Exchange).await;
        }
        self.memory.is_some() && self.settled(&self.page()).await
    }

    /// What was brought works, and speaks for the session that it says.
    async fn settled(&self, browser: &Browser) -> bool {
        let me = browser.me().await;
        assert_eq!(me.status, 200, "it goes round in circles: {me:?}");
        assert_eq!(me.json()["session"]["id"], browser.session());
        true
    }
}

#[tokio::test]
async fn in_whatever_order_they_come_a_stale_page_ends_in_its_login() {
    let app = TestApp::start().await;
    app.browser().register("ada").await;
    let acts = || ACTS.into_iter();
    let stories =
        acts().take(2).flat_map(|a| acts().flat_map(move |b| acts().map(move |c| [a, b, c])));
    for (number, story) in stories.enumerate() {
        // Which page is looked at first, without regard to what happened.
        let dual_first = number.count_ones() % 2 == 0;
        let mut tabs = Tabs::open(&app);
        for act in story {
            tabs.act(act).await;
            tabs.app.advance(31);
        }
        let late = !tabs.late.is_empty();
        tabs.deliver();
        let mut inside = (false, false);
        // Looked at in turn: where both found something, the second look decides.
        for _ in 0..2 {
            if dual_first {
                inside.0 = tabs.settle_dual().await;
                inside.1 = tabs.settle_page().await;
            } else {
                inside.1 = tabs.settle_page().await;
                inside.0 = tabs.settle_dual().await;
            }
        }
        assert!(inside != (true, true), "two sessions in one browser: {story:?}");
        if !late && story[2] == Act::DualLogin {
            assert_eq!(inside, (true, false), "{story:?}");
        }
        if !late && story[2] == Act::SessionLogin {
            assert_eq!(inside, (false, true), "{story:?}");
        }
    }
}

async fn end_reason(app: &TestApp, session: &str) -> Option<String> {
    app.database.stored_session(session).await.end_reason
}

#[tokio::test]
async fn from_dual_to_session_the_presented_session_ends_and_its_cookies_go() {
    let app = TestApp::start().await;
    let mut browser = app.logged_in("ada").await;
    let before = browser.clone();
    assert_eq!(browser.password_login("ada").await.status, 204);
    assert_eq!((&browser.tokens.cookie_access, &browser.tokens.cookie_refresh), (&None, &None));
    assert_eq!(end_reason(&app, &before.session()).await.as_deref(), Some("replaced"));
    // The stale page: half a pair, then none.
    browser.me().await.assert_refused(401, "invalid_token");
    browser.refresh().await.assert_refused(401, "invalid_token");
    assert_eq!(browser.exchange().await.status, 200);
    assert_eq!(browser.me().await.status, 200);
    assert_ne!(browser.session(), before.session());
    // Not the page but a copy of all that it had.
    before.me().await.assert_refused(401, "invalid_token");
    before.clone().refresh().await.assert_refused(401, "invalid_token");
}

#[tokio::test]
async fn from_session_to_dual_the_presented_session_ends_and_its_cookie_goes() {
    let app = TestApp::start().await;
    let mut browser = with_pair(&app, "ada").await;
    let before = browser.clone();
    assert_eq!(browser.login("ada").await.status, 200);
    assert_eq!(browser.session_cookie, None);
    assert_eq!(end_reason(&app, &before.session()).await.as_deref(), Some("replaced"));
    // The stale page has its short token in memory still.
    let mut stale = browser.clone();
    stale.tokens.body_access = before.tokens.body_access.clone();
    stale.me().await.assert_refused(401, "invalid_token");
    assert_no_session(&stale.exchange().await);
    assert!(!is_alive(&before).await);
    assert_eq!((browser.me().await.status, browser.refresh().await.status), (200, 200));
}

#[tokio::test]
async fn a_login_without_tokens_ends_the_sessions_of_all_cookies_that_come_with_it() {
    let app = TestApp::start().await;
    let (one, two) = (with_pair(&app, "ada").await, another(&app, "ada").await);
    let bystander = another(&app, "ada").await;
    let body = json!({ "email": email("ada"), "password": PASSWORD });
    let login = Call::post("/iam/passwordlogin").json(&body);
    let call = login.cookie("tandem-session", cookie(&one)).cookie("tandem-session", cookie(&two));
    let answer = app.send(call.cookie("tandem-session", "junk")).await;
    assert_eq!((answer.status, answer.all("set-cookie").len()), (204, 3));
    for page in [&one, &two] {
        assert!(!is_alive(page).await);
        assert_eq!(end_reason(&app, &page.session()).await.as_deref(), Some("replaced"));
    }
    assert!(is_alive(&bystander).await);
}

#[tokio::test]
async fn somebody_elses_session_in_the_same_browser_ends_too() {
    let app = TestApp::start().await;
    let mut browser = with_pair(&app, "ada").await;
    let before = browser.clone();
    browser.register("bob").await;
    assert_eq!(browser.password_login("bob").await.status, 204);
    assert!(!is_alive(&before).await);
    assert_eq!(browser.exchange().await.status, 200);
    assert_eq!(browser.me().await.json()["user"]["email"], email("bob"));
}

#[tokio::test]
async fn a_failed_login_ends_nothing_and_sets_nothing() {
    let app = TestApp::start().await;
    let page = with_pair(&app, "ada").await;
    let stored = app.stored().await;
    for (email, password, status, code) in [
        ("ada@example.com", "not this one at all", 401, "invalid_credentials"),
        ("nobody@example.com", PASSWORD, 401, "invalid_credentials"),
        ("ada", PASSWORD, 422, "validation_failed"),
    ] {
        let body = json!({ "email": email, "password": password });
        let call = page.with_access(Call::post("/iam/passwordlogin").json(&body));
        app.send(call).await.assert_refused(status, code);
    }
    let foreign = json!({ "email": email("ada"), "password": PASSWORD });
    let foreign = page.with_access(Call::post("/iam/passwordlogin").json(&foreign));
    let foreign = foreign.header("origin", "https://evil.example");
    app.send(foreign).await.assert_refused(403, "origin_not_allowed");
    assert_eq!(app.stored().await, stored);
    assert!(is_alive(&page).await);
}

/// A login answers the same, and in both flows, whether the address or the password was wrong.
#[tokio::test]
async fn the_two_logins_refuse_alike() {
    let app = TestApp::start().await;
    app.browser().register("ada").await;
    let mut answers = Vec::new();
    for path in ["/api/auth/login", "/iam/passwordlogin"] {
        for (email, password) in
            [("ada@example.com", "not this one at all"), ("nobody@example.com", PASSWORD)]
        {
            let body = json!({ "email": email, "password": password });
            answers.push(app.send(Call::post(path).json(&body)).await.anonymous());
        }
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

/// What is planted before a login is not adopted by it.
#[tokio::test]
async fn a_login_adopts_no_cookie() {
    let app = TestApp::start().await;
    let mallory = with_pair(&app, "mallory").await;
    let mut victim = app.browser();
    victim.session_cookie = mallory.session_cookie.clone();
    victim.register("ada").await;
    assert_eq!(victim.password_login("ada").await.status, 204);
    assert_ne!(victim.session_cookie, mallory.session_cookie);
    assert_eq!(victim.exchange().await.status, 200);
    assert_eq!(victim.me().await.json()["user"]["email"], email("ada"));
    assert!(!is_alive(&mallory).await);
}
