//! Which sessions ended, learned from Tandem every few seconds.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{Request, header};
use serde::Deserialize;
use tokio::time::Instant;

use crate::{
    Refusal,
    client::{self, Client, Failed},
};

/// No access token is older, leeway included: what was learned longer ago concerns none.
const MEMORY: Duration = Duration::from_mins(11);

/// What is known of a session.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standing {
    pub ended: bool,
    /// Tokens issued up to this second are stale.
    pub tokens_not_before: Option<i64>,
}

#[derive(Default)]
struct Known {
    sessions: HashMap<String, (Standing, Instant)>,
    since: Option<u64>,
    bound: Duration,
    asked_at: Option<Instant>,
}

/// The sessions that ended of late.
#[derive(Default)]
pub struct Revocations(RwLock<Known>);

#[derive(Deserialize)]
struct Answer {
    now: u64,
    bound: u64,
    sessions: Vec<Session>,
}

#[derive(Deserialize)]
struct Session {
    id: String,
    ended: bool,
    tokens_not_before: Option<i64>,
}

impl Revocations {
    /// What is known of a session. If nothing was learned for longer than allowed, nothing is known.
    pub fn standing(&self, sid: &str) -> Result<Standing, Refusal> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if known.asked_at.is_none_or(|at| at.elapsed() > known.bound) {
            return Err(Refusal::Unavailable);
        }
        Ok(known.sessions.get(sid).map(|(standing, _)| *standing).unwrap_or_default())
    }

    /// One look. What was changed since the last one; the first time all that still matters.
    ///
    /// `url`: `<public_url>/api/auth/revocations`; `token`: a machine token with the scope
    /// `revocations:read`.
    pub async fn look(&self, client: &impl Client, url: &str, token: &str) -> Result<(), Failed> {
        let asked_at = Instant::now(); // the answer is as old as the question
        let since = self.0.read().unwrap_or_else(PoisonError::into_inner).since;
        let url = since.map_or_else(|| url.to_owned(), |since| format!("{url}?since={since}"));
        let request = Request::get(url)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(String::new())?;
        let answer = client::ask(client, request).await?.into_body();
        let Answer { now, bound, sessions } = serde_json::from_value(answer)?;

        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.sessions.retain(|_, (_, learned_at)| asked_at.duration_since(*learned_at) <= MEMORY);
        for Session { id, ended, tokens_not_before } in sessions {
            known.sessions.insert(id, (Standing { ended, tokens_not_before }, asked_at));
        }
        known.since = Some(now);
        known.bound = Duration::from_secs(bound);
        known.asked_at = Some(asked_at);
        Ok(())
    }

    /// Looks again and again: three times within the bound, so that one lost answer does no harm.
    pub async fn keep_looking<C: Client>(&self, client: &C, url: &str, mut token: MachineToken) {
        let mut failed = false;
        loop {
            let looked = match token.get(client, failed).await {
                Ok(token) => self.look(client, url, &token).await,
                Err(error) => Err(error),
            };
            failed = looked.is_err();
            if let Err(error) = looked {
                eprintln!("no revocations: {error}");
            }
            let bound = self.0.read().unwrap_or_else(PoisonError::into_inner).bound;
            tokio::time::sleep((bound / 3).max(Duration::from_millis(500))).await;
        }
    }
}

/// Machine tokens by client credentials (RFC 6749 section 4.4), each used until shortly before its end.
pub struct MachineToken {
    url: String,
    authorization: String,
    held: Option<(String, Instant)>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: u64,
}

impl MachineToken {
    /// `url`: `<public_url>/iam/oauth/token`. `id` and `secret` are those of the machine client; they
    /// are taken to have no characters that a form would escape.
    pub fn new(url: String, id: &str, secret: &str) -> Self {
        let authorization = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        Self { url, authorization, held: None }
    }

    /// The token that is held, or `anew` another one: the last was of no use.
    async fn get(&mut self, client: &impl Client, anew: bool) -> Result<String, Failed> {
        if let Some((token, until)) = &self.held
            && !anew
            && Instant::now() < *until
        {
            return Ok(token.clone());
        }
        let request = Request::post(&self.url)
            .header(header::AUTHORIZATION, &self.authorization)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials&scope=revocations%3Aread".to_owned())?;
        let answer = client::ask(client, request).await?.into_body();
        let TokenAnswer { access_token, expires_in } = serde_json::from_value(answer)?;
        let until = Instant::now() + Duration::from_secs(expires_in.saturating_sub(30));
        self.held = Some((access_token.clone(), until));
        Ok(access_token)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use http::Response;

    use super::*;

    /// Answers with what it is given, and notes what it was asked.
    struct Scripted(Mutex<(Vec<String>, Vec<&'static str>)>);

    impl Client for Scripted {
        async fn send(&self, request: Request<String>) -> Result<Response<Vec<u8>>, Failed> {
            let (asked, answers) = &mut *self.0.lock().unwrap();
            asked.push(request.uri().to_string());
            Ok(Response::new(answers.remove(0).into()))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn asked_for_from_where_the_last_answer_ended_and_not_believed_for_ever() {
        let client = Scripted(Mutex::new((
            Vec::new(),
            vec![
                r#"{"now":1000,"bound":10,"sessions":[{"id":"a","ended":true,"tokens_not_before":null}]}"#,
                r#"{"now":2000,"bound":10,"sessions":[{"id":"b","ended":false,"tokens_not_before":7}]}"#,
            ],
        )));
        let revocations = Revocations::default();
        assert!(revocations.standing("a").is_err());
        revocations.look(&client, "/u", "t").await.unwrap();
        revocations.look(&client, "/u", "t").await.unwrap();
        assert_eq!(client.0.lock().unwrap().0, ["/u", "/u?since=1000"]);
        assert!(revocations.standing("a").unwrap().ended);
        assert_eq!(revocations.standing("b").unwrap().tokens_not_before, Some(7));
        assert!(!revocations.standing("c").unwrap().ended);
        tokio::time::advance(Duration::from_secs(11)).await;
        assert!(revocations.standing("c").is_err());
    }
}
