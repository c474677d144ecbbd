//! Answers that are not the service's.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread::{self, JoinHandle},
};

use super::*;

const TOKENS: &str = "200 OK\r\n\r\n{\"access_token\":\"access\",\"refresh_token\":\"refresh\"}";
const PORTAL: &str = "200 OK\r\nContent-Type: text/html\r\n\r\n<h1>Welcome to our trains</h1>";
const OTHER: &str = "200 OK\r\n\r\n{\"welcome\":true}";

/// Gives these answers, one to a connection. What it was sent comes at the end.
fn serve(answers: &'static [&'static str]) -> (String, JoinHandle<Vec<String>>) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let answer = move |answer: &&str| {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut request, mut chunk) = (String::new(), [0; 1024]);
        // Each of them has an object as its body.
        while !request.ends_with('}') {
            let length = stream.read(&mut chunk).unwrap();
            assert!(length > 0, "{request}");
            request.push_str(str::from_utf8(&chunk[..length]).unwrap());
        }
        let text = answer.replacen("\r\n", "\r\nConnection: close\r\n", 1);
        stream.write_all(format!("HTTP/1.1 {text}").as_bytes()).unwrap();
        request
    };
    (base, thread::spawn(move || answers.iter().map(answer).collect()))
}

async fn log_in(base: &str) -> Result<Session, Error> {
    Session::log_in(base, "ada@example.com", "a sentence is a good password").await
}

#[tokio::test]
async fn a_captive_portal_signs_nobody_in() {
    let (base, _) = serve(&[PORTAL, OTHER]);
    for _ in 0..2 {
        assert!(matches!(log_in(&base).await, Err(Error::Foreign(StatusCode::OK))));
    }
}

#[tokio::test]
async fn a_captive_portal_takes_no_half() {
    let (base, service) = serve(&[TOKENS, PORTAL, OTHER, TOKENS]);
    let mut session = log_in(&base).await.unwrap();
    for _ in 0..2 {
        assert!(matches!(session.refresh().await, Err(Error::Foreign(StatusCode::OK))));
    }
    session.refresh().await.unwrap();
    for request in &service.join().unwrap()[1..] {
        assert!(request.ends_with(r#"{"refresh_token":"refresh"}"#), "{request}");
        assert!(request.contains("Bearer access\r\n"), "{request}");
    }
}

#[tokio::test]
async fn a_captive_portal_answers_no_call() {
    let (base, _) = serve(&[TOKENS, PORTAL]);
    let mut session = log_in(&base).await.unwrap();
    let answer = session.call(Method::POST, "/api/orders", Some(&json!({}))).await;
    assert!(matches!(answer, Err(Error::Foreign(StatusCode::OK))));
}

#[tokio::test]
async fn a_password_follows_no_redirect() {
    // To itself; but nobody listens there any more.
    let (base, _) = serve(&["307 Temporary Redirect\r\nLocation: /elsewhere\r\n\r\n"]);
    let refused = log_in(&base).await;
    assert!(matches!(refused, Err(Error::Foreign(StatusCode::TEMPORARY_REDIRECT))));
}

#[tokio::test]
async fn nothing_but_a_path_is_called() {
    let (base, _) = serve(&[TOKENS]);
    let mut session = log_in(&base).await.unwrap();
    for path in ["@evil.example/", ".evil.example/", "http://evil.example/", ""] {
        let refused = session.call(Method::GET, path, None).await;
        assert!(matches!(refused, Err(Error::NotAPath)), "{path}");
    }
}
