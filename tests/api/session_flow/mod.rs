//! The session flow: a page that stores nothing, one cookie, and pairs that live for a minute.

use entity::sessions::Model;
use serde_json::{Value, json};
use tandem::domain::{id::UserId, role::Roles};

use super::{
    guard::{Needs, OPERATIONS, Operation, holding, protected},
    support::{
        Answer, Browser, Call, PASSWORD, TestApp, TestConfig, Tokens,
        browser::{claims, email},
        log,
    },
};

mod endings;
mod errors;
mod journeys;
mod logout;
mod places;
mod races;
mod switches;

const FORM: &str = "application/x-www-form-urlencoded";
const NEW_PASSWORD: &str = "another sentence is one too";

/// A page with a pair in its hands.
async fn with_pair(app: &TestApp, name: &str) -> Browser {
    let mut page = app.in_session_flow(name).await;
    assert_eq!(page.exchange().await.status, 200);
    page
}

/// The same account once more, in another browser.
async fn another(app: &TestApp, name: &str) -> Browser {
    let mut page = app.browser();
    assert_eq!(page.password_login(name).await.status, 204);
    assert_eq!(page.exchange().await.status, 200);
    page
}

/// An exchange with this session cookie and nothing else.
async fn exchange_with(app: &TestApp, cookie: &str) -> Answer {
    let mut page = app.browser();
    page.session_cookie = Some(cookie.to_owned());
    page.exchange().await
}

#[track_caller]
fn assert_no_session(answer: &Answer) {
    answer.assert_oauth_error(400, "invalid_grant");
}

/// Alive for the token endpoint, and the guard agrees about the pair.
async fn is_alive(page: &Browser) -> bool {
    let (me, exchange) = (page.me().await, page.clone().exchange().await);
    if exchange.status != 200 {
        assert_no_session(&exchange);
        me.assert_refused(401, "invalid_token");
    }
    assert_eq!(me.status == 200, exchange.status == 200, "the guard and the exchange do not agree");
    exchange.status == 200
}

/// The row of a page's session, once what is under way is written.
async fn row(app: &TestApp, page: &Browser) -> Model {
    app.flush().await;
    app.database.stored_session(&page.session()).await
}

async fn id_of(app: &TestApp, name: &str) -> UserId {
    app.auth().find_user(&email(name)).await.unwrap().id
}

fn cookie(page: &Browser) -> &str {
    page.session_cookie.as_deref().unwrap()
}

/// All three cookies, expired, on plain http.
const EXPIRED: [&str; 3] = [
    "tandem-access=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict",
    "tandem-refresh=; Path=/api/auth/refresh; Max-Age=0; HttpOnly; SameSite=Strict",
    "tandem-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict",
];
