//! What HTTP lets a client say that no honest client says.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{
    guard::{Needs, OPERATIONS, Operation, holding},
    support::{Answer, Browser, Call, TestApp, TestConfig, Tokens},
};

mod connections;
mod credentials;
mod crumbs;
mod forwarded;
mod methods;
mod requests;

/// What came back on a connection.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) text: String,
    /// The server hung up.
    pub(crate) closed: bool,
}

impl Exchange {
    /// The status of the first answer; 0 if there was none.
    pub(crate) fn status(&self) -> u16 {
        let status = self.text.split(' ').nth(1).filter(|_| self.text.starts_with("HTTP/1."));
        status.map_or(0, |status| status.parse().unwrap())
    }

    /// How many answers there were.
    fn answers(&self) -> usize {
        self.text.matches("HTTP/1.").count()
    }
}

/// Sends bytes as they are, then reads until the server hangs up or says nothing for a while.
pub(crate) async fn exchange(app: &TestApp, bytes: impl AsRef<[u8]>) -> Exchange {
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    // The server may answer and hang up before it has read everything.
    let _ = stream.write_all(bytes.as_ref()).await;
    let mut answer = Vec::new();
    let mut chunk = vec![0; 16 * 1024];
    let closed = loop {
        match timeout(Duration::from_millis(400), stream.read(&mut chunk)).await {
            Ok(Ok(0) | Err(_)) => break true,
            Ok(Ok(length)) => answer.extend(&chunk[..length]),
            Err(_) if answer.is_empty() => {}
            Err(_) => break false,
        }
    };
    Exchange { text: String::from_utf8_lossy(&answer).into_owned(), closed }
}

/// The rules that every protected call is judged by, and those that need the pair for effect.
fn credentialed() -> impl Iterator<Item = Operation> {
    OPERATIONS.into_iter().filter(|operation| match operation.needs {
        Needs::Pair | Needs::PairForEffect | Needs::AllFour => true,
        Needs::Nothing | Needs::SessionCookie | Needs::Client | Needs::Machine => false,
    })
}

/// What an ambiguous request is told; a reverse proxy knows no `400`.
#[track_caller]
fn assert_ambiguous(answer: &Answer, operation: &Operation) {
    match operation.path {
        "/api/auth/verify" => answer.assert_refused(401, "invalid_token"),
        _ => answer.assert_refused(400, "invalid_request"),
    }
}
