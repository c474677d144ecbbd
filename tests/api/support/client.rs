//! An HTTP client that sends what it is told to, duplicates and strange bytes included.

use std::net::SocketAddr;

use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, StatusCode,
    body::Bytes,
    client::conn::http1,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A request to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    method: Method,
    path: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

impl Call {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        Self { method, path: path.to_owned(), headers: Vec::new(), body: Bytes::new() }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn post(path: &str) -> Self {
        Self::new("POST", path)
    }

    /// Adds a header line.
    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        self.headers.push((name, HeaderValue::from_bytes(value.as_ref()).unwrap()));
        self
    }

    /// Adds `Authorization: Bearer`.
    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// Adds a `Cookie` line.
    pub(crate) fn cookie(self, name: &str, value: &str) -> Self {
        self.header("cookie", format!("{name}={value}"))
    }

    /// Sets a JSON body.
    pub(crate) fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// Sets a body of any type.
    pub(crate) fn body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    /// Sets a body without a type.
    pub(crate) fn bytes(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// All values of a header.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// Everything that tells one answer from another, without what names the request: answers that
    /// are equal so give nothing away.
    pub(crate) fn anonymous(&self) -> (u16, Vec<(String, String)>, String) {
        let id = self.header("x-request-id").unwrap();
        let headers = self.headers.iter().filter(|(name, _)| *name != "date");
        let text = |value: &HeaderValue| value.to_str().unwrap().replace(id, "-");
        let mut headers: Vec<_> =
            headers.map(|(name, value)| (name.to_string(), text(value))).collect();
        headers.sort();
        (self.status, headers, self.text().replace(id, "-"))
    }

    /// The fields that a `422` complains about, each with its message.
    pub(crate) fn field_errors(&self) -> Vec<(String, String)> {
        self.assert_refused(422, "validation_failed");
        let body = self.json();
        let member = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
        let errors = body["errors"].as_array().unwrap().iter();
        errors.map(|error| (member(error, "field"), member(error, "message"))).collect()
    }

    /// The code of a problem, or of an error of the token endpoint; empty if it is neither.
    pub(crate) fn code(&self) -> String {
        let member = match self.header("content-type") {
            Some("application/problem+json") => "code",
            Some("application/json") if self.status >= 400 && self.json()["error"].is_string() => {
                "error"
            }
            _ => return String::new(),
        };
        self.json()[member].as_str().unwrap().to_owned()
    }

    /// Asserts that this is the problem `code`, properly dressed, with nothing set.
    #[track_caller]
    pub(crate) fn assert_problem(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code().as_str()), (status, code), "{self:?}");
        let body = self.json();
        assert_eq!(body["status"], status);
        assert_eq!(body["request_id"].as_str(), self.header("x-request-id"));
        let page = format!("/problems/{}", code.replace('_', "-"));
        assert!(body["type"].as_str().unwrap().ends_with(&page));
        assert_eq!(self.header("cache-control"), Some("no-store"));
        assert_eq!(self.header("www-authenticate").is_some(), status == 401);
    }

    /// Asserts that this is the error `code` of the token endpoint, properly dressed (RFC 6749
    /// section 5.2), and that no cookie was touched.
    #[track_caller]
    pub(crate) fn assert_oauth_error(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code().as_str()), (status, code), "{self:?}");
        assert_eq!(self.all("content-type"), ["application/json"]);
        assert_eq!(self.all("cache-control"), ["no-store"]);
        assert_eq!(self.all("set-cookie"), Vec::<&str>::new());
        assert_eq!(self.header("www-authenticate"), None);
        assert_eq!(self.header("retry-after").is_some(), status == 503);
        let text = self.text();
        let is_plain = |c: char| matches!(c, ' '..='~') && c != '\\';
        assert!(text.chars().all(is_plain), "{text}");
        let body = self.json();
        let members: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, ["error", "error_description"]);
        assert!(body["error_description"].as_str().unwrap().len() > 3, "{text}");
    }

    /// Asserts that a state-changing call was refused for its origin, in the words of its path.
    #[track_caller]
    pub(crate) fn assert_foreign(&self, path: &str) {
        if path.starts_with("/iam/oauth/") {
            self.assert_oauth_error(403, "access_denied");
        } else {
            self.assert_refused(403, "origin_not_allowed");
        }
    }

    /// The same, and no cookie was touched.
    #[track_caller]
    pub(crate) fn assert_refused(&self, status: u16, code: &str) {
        self.assert_problem(status, code);
        assert_eq!(self.all("set-cookie"), Vec::<&str>::new());
    }
}

/// Sends one request on a connection of its own.
pub(crate) async fn send(address: SocketAddr, call: Call) -> Answer {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut request = Request::new(Full::new(call.body));
    *request.method_mut() = call.method;
    *request.uri_mut() = call.path.parse().unwrap();
    let headers = request.headers_mut();
    for (name, value) in call.headers {
        headers.append(name, value);
    }
    // Unless the call names another.
    headers.entry("host").or_insert(HeaderValue::try_from(address.to_string()).unwrap());
    let response = sender.send_request(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer { status: StatusCode::as_u16(&head.status), headers: head.headers, body }
}

/// Sends bytes that may be no HTTP at all, and gives everything that comes back.
pub(crate) async fn send_raw(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may hang up before it has read everything.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    answer
}
