//! Somebody signed in to Tandem from a program.

use std::{error, fmt, time::Duration};

use reqwest::{Client, Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

/// A session. The client's jar keeps the cookie half of it, `tokens` is the body half.
pub struct Session {
    http: Client,
    base: String,
    tokens: Option<Tokens>,
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    refresh_token: String,
}

#[derive(Debug)]
pub enum Error {
    /// No answer, or one that is not the service's. Try again later: nobody has been signed out.
    Http(reqwest::Error),
    /// The service refuses. Its documentation explains each code.
    Refused { status: StatusCode, code: String },
}

impl Session {
    pub async fn log_in(base: &str, email: &str, password: &str) -> Result<Self, Error> {
        // Who waits longer for a refresh may come too late with the next one.
        let patience = Duration::from_secs(10);
        let http = Client::builder().cookie_store(true).timeout(patience).build()?;
        let mut session = Self { http, base: base.to_owned(), tokens: None };
        let credentials = json!({ "email": email, "password": password });
        session.renew("/api/auth/login", &credentials).await?;
        Ok(session)
    }

    /// Calls; if the access tokens have expired, refreshes and calls once more.
    pub async fn call(
        &mut self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Error> {
        match self.send(method.clone(), path, body).await {
            Err(Error::Refused { code, .. }) if code == "access_expired" => {
                self.refresh().await?;
                self.send(method, path, body).await
            }
            answer => answer,
        }
    }

    /// After a lost answer, simply call it again.
    pub async fn refresh(&mut self) -> Result<(), Error> {
        let token = self.tokens.as_ref().map(|tokens| &tokens.refresh_token);
        let body = json!({ "refresh_token": token });
        self.renew("/api/auth/refresh", &body).await
    }

    pub async fn log_out(self) -> Result<(), Error> {
        self.send(Method::POST, "/api/auth/logout", None).await.map(drop)
    }

    async fn renew(&mut self, path: &str, body: &Value) -> Result<(), Error> {
        let answer = self.send(Method::POST, path, Some(body)).await?;
        self.tokens = serde_json::from_value(answer).ok();
        Ok(())
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Error> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(tokens) = &self.tokens {
            request = request.bearer_auth(&tokens.access_token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let body: Value = serde_json::from_slice(&answer.bytes().await?).unwrap_or_default();
        if status.is_success() {
            return Ok(body);
        }
        let code = body.get("code").and_then(Value::as_str).unwrap_or_default().to_owned();
        Err(Error::Refused { status, code })
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(error) => write!(f, "{error}"),
            Self::Refused { status, code } => write!(f, "{status} {code}"),
        }
    }
}

impl error::Error for Error {}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        Self::Http(error)
    }
}
