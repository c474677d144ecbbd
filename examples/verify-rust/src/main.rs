//! A resource server that verifies pairs itself: `GET /me` answers who is calling.
//!
//! ```sh
//! ISSUER=http://localhost:8080 cargo run
//! ```
//!
//! To learn of logouts, also `CLIENT_ID` and `CLIENT_SECRET` of a machine client.

use std::{convert::Infallible, error::Error, sync::Arc, time::SystemTime};

use http::{Request, Response, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use verify_rust::{
    PairVerifier, Refusal,
    client::Plain,
    keys::KeySet,
    revocations::{MachineToken, Revocations},
};

type Verifier = PairVerifier<Plain>;

fn setting(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "an example without a configuration file")]
    std::env::var(name).ok()
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let issuer = setting("ISSUER").unwrap_or_else(|| "http://localhost:8080".into());
    // Where Tandem is asked, if not at its public address.
    let tandem = setting("TANDEM").unwrap_or_else(|| issuer.clone());
    let client = match (setting("CLIENT_ID"), setting("CLIENT_SECRET")) {
        (None, None) => None,
        (Some(id), Some(secret)) if !id.is_empty() && !secret.is_empty() => Some((id, secret)),
        // To go on without would be to hear of no logout.
        _ => return Err("CLIENT_ID and CLIENT_SECRET: both or neither, and not empty".into()),
    };
    let verifier = Arc::new(PairVerifier {
        issuer,
        audience: setting("AUDIENCE").unwrap_or_else(|| "tandem".into()),
        keys: KeySet::new(format!("{tandem}/.well-known/jwks.json"), Plain),
        revocations: client.is_some().then(Revocations::default),
    });
    if let Some((id, secret)) = client {
        let token = MachineToken::new(format!("{tandem}/iam/oauth/token"), &id, &secret);
        let verifier = Arc::clone(&verifier);
        tokio::spawn(async move {
            let url = format!("{tandem}/api/auth/revocations");
            if let Some(revocations) = &verifier.revocations {
                revocations.keep_looking(&Plain, &url, token).await;
            }
        });
    }

    let port = setting("PORT").unwrap_or_else(|| "9000".into());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("listening on http://{}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let verifier = Arc::clone(&verifier);
        tokio::spawn(async move {
            let service = service_fn(|request| answer(&verifier, request));
            // A connection that breaks concerns nobody else.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    verifier: &Verifier,
    request: Request<Incoming>,
) -> Result<Response<String>, Infallible> {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks for the time")]
    let now = SystemTime::now();
    let (status, body) = if request.uri().path() == "/me" {
        match verifier.verify(request.headers(), now).await {
            Ok(principal) => (200, json!(principal)),
            Err(refusal) => refused(refusal),
        }
    } else {
        (404, json!({"status": 404, "code": "not_found"}))
    };
    Ok(respond(status, &body))
}

fn refused(refusal: Refusal) -> (u16, Value) {
    // The page reads `code`: on access_expired it refreshes and tries again.
    let (status, code) = match refusal {
        Refusal::Unauthenticated => (401, "unauthenticated"),
        Refusal::InvalidToken => (401, "invalid_token"),
        Refusal::AccessExpired => (401, "access_expired"),
        Refusal::Unavailable => (503, "unavailable"),
    };
    (status, json!({"status": status, "code": code}))
}

fn respond(status: u16, body: &Value) -> Response<String> {
    let kind = if status == 200 { "application/json" } else { "application/problem+json" };
    let mut response = Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, kind)
        .header(header::CACHE_CONTROL, "no-store");
    if status == 401 {
        let none = body.get("code").is_some_and(|code| code == "unauthenticated");
        let why = if none { "" } else { ", error=\"invalid_token\"" };
        let challenge = format!("Bearer realm=\"tandem\"{why}");
        response = response.header(header::WWW_AUTHENTICATE, challenge);
    }
    if status == 503 {
        response = response.header(header::RETRY_AFTER, "1");
    }
    response.body(body.to_string()).unwrap_or_default()
}
