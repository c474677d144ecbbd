//! How Tandem is asked.

use std::{fmt, future::Future, time::Duration};

use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

const TIMEOUT: Duration = Duration::from_secs(3);

/// Why there is no answer.
#[derive(Debug)]
pub struct Failed(pub String);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: std::error::Error> From<E> for Failed {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Sends requests. Put your own HTTP client behind it: [`Plain`] knows no TLS.
pub trait Client: Send + Sync + 'static {
    /// The answer, whatever its status; redirections are not followed.
    fn send(
        &self,
        request: Request<String>,
    ) -> impl Future<Output = Result<Response<Vec<u8>>, Failed>> + Send;
}

/// An answer 200 of JSON, within the time allowed.
pub(crate) async fn ask(
    client: &impl Client,
    request: Request<String>,
) -> Result<Response<Value>, Failed> {
    let (head, body) = tokio::time::timeout(TIMEOUT, client.send(request)).await??.into_parts();
    if head.status != StatusCode::OK {
        return Err(Failed(format!("status {}", head.status)));
    }
    Ok(Response::from_parts(head, serde_json::from_slice(&body)?))
}

/// Plain http, a connection for every request: for Tandem on the loopback interface.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

impl Client for Plain {
    async fn send(&self, mut request: Request<String>) -> Result<Response<Vec<u8>>, Failed> {
        let uri = std::mem::take(request.uri_mut());
        let authority = match (uri.scheme_str(), uri.authority()) {
            (Some("http"), Some(authority)) => authority.as_str(),
            _ => return Err(Failed(format!("not a plain http address: {uri}"))),
        };
        request.headers_mut().insert(http::header::HOST, authority.parse()?);
        *request.uri_mut() = uri.path_and_query().map_or("/", |path| path.as_str()).parse()?;
        let stream = TcpStream::connect((
            uri.host().unwrap_or_default().trim_matches(['[', ']']),
            uri.port_u16().unwrap_or(80),
        ));
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream.await?)).await?;
        tokio::spawn(connection);
        let (head, body) = sender.send_request(request).await?.into_parts();
        Ok(Response::from_parts(head, body.collect().await?.to_bytes().to_vec()))
    }
}
