//! A page and its browser: a cookie jar, a storage, and a habit of sending both.

use std::net::SocketAddr;

use serde_json::json;

use super::{
    app::TestApp,
    client::{self, Answer, Call},
};

/// Everybody's password in these tests.
pub(crate) const PASSWORD: &str = "a sentence is a good password";

/// All four tokens, as a thief would copy them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) body_access: Option<String>,
    pub(crate) cookie_access: Option<String>,
    pub(crate) body_refresh: Option<String>,
    pub(crate) cookie_refresh: Option<String>,
}

/// A page in a browser. Cloning it copies both stores: that is how thieves are made.
#[derive(Clone, Debug)]
pub(crate) struct Browser {
    pub(crate) address: SocketAddr,
    pub(crate) origin: String,
    pub(crate) tokens: Tokens,
    /// Of the session flow.
    pub(crate) session_cookie: Option<String>,
    /// A machine that its owner has, too.
    pub(crate) machine: Option<Machine>,
    secure: bool,
}

/// A machine client: what it shows at the token endpoint, and what it got there.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    /// `Authorization` line.
    pub(crate) basic: String,
    pub(crate) token: String,
}

impl Browser {
    pub(crate) fn new(address: SocketAddr, origin: &str) -> Self {
        let secure = origin.starts_with("https");
        let (origin, tokens) = (origin.to_owned(), Tokens::default());
        Self { address, origin, tokens, session_cookie: None, machine: None, secure }
    }

    /// The same page, its requests led to another instance.
    pub(crate) fn at(&self, app: &TestApp) -> Self {
        Self { address: app.address, ..self.clone() }
    }

    /// Makes an account for `name`.
    pub(crate) async fn register(&self, name: &str) -> Answer {
        let body = json!({ "email": email(name), "password": PASSWORD });
        let answer = self.send(Call::post("/api/auth/register").json(&body)).await;
        assert_eq!(answer.status, 202, "{answer:?}");
        answer
    }

    /// Logs in, presenting what the stores hold; keeps what comes back.
    pub(crate) async fn login(&mut self, name: &str) -> Answer {
        self.login_with(&email(name), PASSWORD).await
    }

    pub(crate) async fn login_with(&mut self, email: &str, password: &str) -> Answer {
        let body = json!({ "email": email, "password": password });
        let call = self.with_access(Call::post("/api/auth/login").json(&body));
        let answer = self.send(call).await;
        self.keep(&answer);
        answer
    }

    /// Logs in without tokens, presenting what the jar holds; keeps the session cookie.
    pub(crate) async fn password_login(&mut self, name: &str) -> Answer {
        let body = json!({ "email": email(name), "password": PASSWORD });
        let call = self.with_access(Call::post("/iam/passwordlogin").json(&body));
        let answer = self.send(call).await;
        self.keep(&answer);
        answer
    }

    /// The call that exchanges the session cookie for a pair, unsent. The page's own, so with its
    /// origin, and without a bearer: none is read here.
    pub(crate) fn exchange_call(&self) -> Call {
        let form = "application/x-www-form-urlencoded";
        let call = Call::post("/iam/oauth/token").body(form, "grant_type=session");
        self.with_cookies(call).header("origin", &self.origin)
    }

    /// Exchanges the session cookie; keeps the pair.
    pub(crate) async fn exchange(&mut self) -> Answer {
        let answer = self.send(self.exchange_call()).await;
        self.keep(&answer);
        answer
    }

    /// Logs out of the session flow; forgets what was in memory, as a page does.
    pub(crate) async fn session_logout(&mut self) -> Answer {
        let call = self.with_cookies(Call::post("/iam/logout")).header("origin", &self.origin);
        let answer = self.send(call).await;
        self.keep_cookies(&answer);
        self.forget();
        answer
    }

    /// What a reload does to a page that keeps its tokens in memory.
    pub(crate) fn forget(&mut self) {
        self.tokens.body_access = None;
        self.tokens.body_refresh = None;
    }

    /// Calls an operation with both halves.
    pub(crate) async fn call(&self, method: &str, path: &str) -> Answer {
        self.send(self.with_access(Call::new(method, path))).await
    }

    pub(crate) async fn me(&self) -> Answer {
        self.call("GET", "/api/auth/me").await
    }

    pub(crate) async fn verify(&self) -> Answer {
        self.call("GET", "/api/auth/verify").await
    }

    /// The refresh call, unsent.
    pub(crate) fn refresh_call(&self) -> Call {
        let body = match &self.tokens.body_refresh {
            Some(token) => json!({ "refresh_token": token }),
            None => json!({}),
        };
        let call = self.with_access(Call::post("/api/auth/refresh").json(&body));
        match &self.tokens.cookie_refresh {
            Some(token) => call.cookie(self.refresh_cookie(), token),
            None => call,
        }
    }

    /// Refreshes; keeps what comes back.
    pub(crate) async fn refresh(&mut self) -> Answer {
        let answer = self.refresh_lost().await;
        self.keep(&answer);
        answer
    }

    /// Refreshes; the answer is lost on its way.
    pub(crate) async fn refresh_lost(&self) -> Answer {
        self.send(self.refresh_call()).await
    }

    /// Refreshes; the headers arrive, and with them the cookies, but not the body.
    pub(crate) async fn refresh_split(&mut self) -> Answer {
        let answer = self.refresh_lost().await;
        self.keep_cookies(&answer);
        answer
    }

    /// Logs out and forgets the body half, as a page does.
    pub(crate) async fn logout(&mut self) -> Answer {
        let answer = self.call("POST", "/api/auth/logout").await;
        self.keep_cookies(&answer);
        self.forget();
        answer
    }

    pub(crate) async fn change_password(&mut self, current: &str, new: &str) -> Answer {
        let body = json!({ "current_password": current, "new_password": new });
        let call = self.with_access(Call::post("/api/auth/password").json(&body));
        let answer = self.send(call).await;
        self.keep(&answer);
        answer
    }

    /// Adds both access tokens, as far as there, and the session cookie, which goes everywhere.
    pub(crate) fn with_access(&self, call: Call) -> Call {
        let call = match &self.tokens.body_access {
            Some(token) => call.bearer(token),
            None => call,
        };
        self.with_cookies(call)
    }

    /// Adds the cookies that go to every path, as far as there.
    pub(crate) fn with_cookies(&self, call: Call) -> Call {
        let cookies = [
            (self.access_cookie(), &self.tokens.cookie_access),
            (self.session_cookie_name(), &self.session_cookie),
        ];
        cookies.into_iter().fold(call, |call, (name, value)| match value {
            Some(value) => call.cookie(name, value),
            None => call,
        })
    }

    pub(crate) async fn send(&self, call: Call) -> Answer {
        client::send(self.address, call).await
    }

    /// The identifier of the session, read from the body half without verifying it.
    pub(crate) fn session(&self) -> String {
        self.claims()["sid"].as_str().unwrap().to_owned()
    }

    /// The claims of the body access token, unverified.
    pub(crate) fn claims(&self) -> serde_json::Value {
        claims(self.tokens.body_access.as_deref().unwrap())
    }

    pub(crate) fn access_cookie(&self) -> &'static str {
        if self.secure { "__Host-tandem-access" } else { "tandem-access" }
    }

    pub(crate) fn refresh_cookie(&self) -> &'static str {
        if self.secure { "__Secure-tandem-refresh" } else { "tandem-refresh" }
    }

    pub(crate) fn session_cookie_name(&self) -> &'static str {
        if self.secure { "__Host-tandem-session" } else { "tandem-session" }
    }

    /// Keeps both halves of an answer, if they are there.
    pub(crate) fn keep(&mut self, answer: &Answer) {
        self.keep_cookies(answer);
        self.keep_body(answer);
    }

    /// Keeps the cookies, as a browser does, and the body half unless the store holds a newer
    /// generation, as a client does.
    pub(crate) fn keep_newer(&mut self, answer: &Answer) {
        self.keep_cookies(answer);
        let body = answer.json();
        let brought = claims(body["access_token"].as_str().unwrap());
        if brought["gen"].as_u64() >= self.claims()["gen"].as_u64() {
            self.keep_body(answer);
        }
    }

    pub(crate) fn keep_body(&mut self, answer: &Answer) {
        if answer.status == 200 {
            let body = answer.json();
            let text = |name: &str| body[name].as_str().map(str::to_owned);
            self.tokens.body_access = text("access_token");
            self.tokens.body_refresh = text("refresh_token");
        }
    }

    /// Does to the jar what the browser would: sets, or drops what has `Max-Age=0`.
    pub(crate) fn keep_cookies(&mut self, answer: &Answer) {
        for line in answer.all("set-cookie") {
            let (pair, attributes) = line.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let value = (!attributes.contains("Max-Age=0;")).then(|| value.to_owned());
            if name == self.access_cookie() {
                self.tokens.cookie_access = value;
            } else if name == self.refresh_cookie() {
                self.tokens.cookie_refresh = value;
            } else if name == self.session_cookie_name() {
                self.session_cookie = value;
            } else {
                panic!("an unknown cookie: {line}");
            }
        }
    }
}

pub(crate) fn email(name: &str) -> String {
    format!("{name}@example.com")
}

/// The claims of a token, unverified.
pub(crate) fn claims(token: &str) -> serde_json::Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}
