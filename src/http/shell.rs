//! The shell around all operations: who asks, whether that page may, how long it may take, and the
//! dress of every answer. One endpoint instead of a stack of them: this runs on every request.

use std::{
    borrow::Cow,
    net::IpAddr,
    panic::AssertUnwindSafe,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
};

use futures_util::{FutureExt, poll};
use hyper::body::Bytes;
use poem::{
    Addr, Endpoint, Request, Response, Result,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version, header},
};
use tokio::time::{Instant, timeout};

use super::{
    State,
    caller::{Context, client_ip},
    embed::Routes,
    oauth::{self, OAuthError},
    openapi,
    origin::{self, Verdict},
    problem::{Code, Problem},
    router::is_ours,
};
use crate::domain::entropy::{self, OsEntropy};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// What answers before the database has been read for the first time.
const HEALTH: &str = "/health/";
/// For everybody: what lies here carries and depends on no credential.
const PUBLIC: &str = "/.well-known/";

pub(super) struct Shell<E> {
    inner: Arc<E>,
    /// Routes of an API that has us in its process.
    own: Option<Routes>,
    state: Arc<State>,
    ids: RequestIds,
    dress: HeaderMap,
    /// What the answers of `own` wear unless they say otherwise: pages may be among them.
    own_dress: HeaderMap,
}

impl<E: Endpoint<Output = Response> + 'static> Shell<E> {
    pub(super) fn new(inner: E, own: Option<Routes>, state: Arc<State>) -> Self {
        let dress = security_headers(&state);
        let mut own_dress = dress.clone();
        own_dress.remove(header::CONTENT_SECURITY_POLICY);
        own_dress.remove(header::X_FRAME_OPTIONS);
        Self { inner: Arc::new(inner), own, state, ids: RequestIds::new(), dress, own_dress }
    }

    /// The routes that this path belongs to, if they are not ours.
    fn own(&self, path: &str) -> Option<&Routes> {
        self.own.as_ref().filter(|_| !is_ours(path))
    }

    async fn answer(
        &self,
        request: Request,
        own: Option<&Routes>,
        verdict: Verdict,
        id: &str,
    ) -> Response {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        match self.try_answer(request, own, verdict).await {
            Ok(response) => response,
            Err(problem) => {
                problem.log(id);
                let code = problem.code;
                let mut response = if uri.path().starts_with(oauth::PREFIX) {
                    OAuthError::of_problem(&problem).respond()
                } else {
                    problem.respond(&self.state.settings.public_origin, id)
                };
                if code == Code::MethodNotAllowed {
                    let allow = openapi::allowed_methods(uri.path());
                    response.headers_mut().insert(header::ALLOW, allow);
                }
                tracing::debug!(%method, path = ?uri.path(), code = code.as_str(), "refused");
                response
            }
        }
    }

    async fn try_answer(
        &self,
        request: Request,
        own: Option<&Routes>,
        verdict: Verdict,
    ) -> Result<Response, Problem> {
        if !names_one_host(&request) {
            let detail = "an HTTP/1.1 request names one host";
            return Err(Problem::with_detail(Code::InvalidRequest, detail));
        }
        if is_preflight(&request) {
            return match verdict {
                Verdict::Allowed => Ok(preflight(own.is_some())),
                Verdict::Foreign | Verdict::Absent => Err(Code::OriginNotAllowed.into()),
            };
        }
        let changes = changes_state(request.method());
        if verdict == Verdict::Foreign && changes {
            self.state.auth.count_foreign_origin();
            return Err(Code::OriginNotAllowed.into());
        }
        if !self.state.auth.has_looked() && !request.uri().path().starts_with(HEALTH) {
            return Err(Code::Unavailable.into());
        }
        if let Some(own) = own {
            return answer_of_others(own, request).await;
        }
        // No other body is read.
        if changes && declared_length(&request) > self.state.settings.max_body {
            return Err(Code::PayloadTooLarge.into());
        }
        let inner = Arc::clone(&self.inner);
        let work = AssertUnwindSafe(async move { inner.call(request).await }).catch_unwind();
        let limit = self.state.settings.request_timeout;
        let outcome = if changes {
            // In a task of its own: what has begun to change something is carried through, audit
            // event and revocation included, though the client hangs up or the time is over.
            let task = tokio::spawn(work);
            timeout(limit, task).await.map(|ended| ended.unwrap_or_else(|e| Err(Box::new(e))))
        } else {
            let mut work = pin!(work);
            // What needs nobody's answer is over at once and takes no timer.
            match poll!(work.as_mut()) {
                Poll::Ready(ended) => Ok(ended),
                Poll::Pending => timeout(limit, work).await,
            }
        };
        match outcome {
            Ok(Ok(Ok(response))) => Ok(response),
            // What brings its own answer.
            Ok(Ok(Err(error))) if error.is_from_response() => Ok(error.into_response()),
            Ok(Ok(Err(error))) => Err(Problem::of_error(error)),
            // The panic hook has written where.
            Ok(Err(_panic)) => Err(Problem::caused(Code::Internal, "the request panicked")),
            Err(_elapsed) => {
                let cause = "the request took longer than server.request_timeout";
                Err(Problem::caused(Code::Unavailable, cause))
            }
        }
    }

    /// Puts the headers of every answer under those of this one. A copy of what is already a map
    /// costs a fraction of putting one together.
    fn dress(&self, answer: &mut HeaderMap, is_own: bool) {
        let dress = if is_own { &self.own_dress } else { &self.dress };
        let headers = std::mem::replace(answer, dress.clone());
        answer.extend(headers);
    }
}

impl<E: Endpoint<Output = Response> + 'static> Endpoint for Shell<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let settings = &self.state.settings;
        let began = settings.access_log.then(Instant::now);
        let id = self.ids.of(request.headers());
        let ip = match request.remote_addr().0 {
            Addr::SocketAddr(peer) => {
                Some(client_ip(peer.ip(), request.headers(), &settings.trusted_proxies))
            }
            Addr::Unix(_) | Addr::Custom(..) => None,
        };
        let line = began.map(|began| AccessLine {
            began,
            method: request.method().clone(),
            uri: request.uri().clone(),
            ip,
        });
        let origin = request.headers().get(header::ORIGIN).cloned();
        let verdict = self.state.origins.judge(request.headers());
        let own = self.own(request.uri().path());
        let is_public =
            own.is_none() && request.uri().path().starts_with(PUBLIC) && !is_preflight(&request);
        let context =
            Context { state: Arc::clone(&self.state), request_id: id.clone(), ip, verdict };
        request.extensions_mut().insert(context);

        let mut response =
            self.answer(request, own, verdict, id.to_str().unwrap_or_default()).await;

        let status = response.status();
        let headers = response.headers_mut();
        self.dress(headers, own.is_some());
        headers.insert(REQUEST_ID, id.clone());
        if is_public && status.is_success() {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        } else {
            headers.append(header::VARY, HeaderValue::from_static("Origin"));
            if let (Verdict::Allowed, Some(origin)) = (verdict, origin) {
                origin::allow(headers, origin);
            }
        }
        if let Some(line) = line {
            line.write(status, &id);
        }
        Ok(response)
    }
}

struct AccessLine {
    began: Instant,
    method: Method,
    uri: Uri,
    ip: Option<IpAddr>,
}

impl AccessLine {
    /// The path without its query: no secret belongs into a URL, but who knows what is sent.
    fn write(&self, status: StatusCode, id: &HeaderValue) {
        let Self { began, method, uri, ip } = self;
        // A path can hold any character beyond ASCII, and some of those move a terminal's cursor.
        let path = match uri.path() {
            plain if plain.bytes().all(|byte| byte.is_ascii_graphic()) => Cow::Borrowed(plain),
            path => path.escape_default().to_string().into(),
        };
        let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        tracing::info!(
            target: "tandem::access",
            method = method.as_str(),
            path = &*path,
            status = status.as_u16(),
            micros,
            ip = ip.map(tracing::field::display),
            request_id = id.to_str().unwrap_or_default(),
        );
    }
}

/// RFC 9112 section 3.2: anything else is refused, whatever stands in front of us makes of it.
fn names_one_host(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => {
            let host = host.as_bytes();
            host.iter().all(|byte| is_host(*byte))
        }
        (None, _) => request.version() != Version::HTTP_11,
        (Some(_), Some(_)) => false,
    }
}

/// Names, addresses and a port: a plain subset of what RFC 3986 section 3.2.2 allows, which has escapes
/// and marks that no real host's name has. `Host` is used nowhere else: a wider set would serve nobody.
const fn is_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b':' | b'[' | b']' | b'_')
}

fn changes_state(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
}

fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Limits and time are the business of whoever made these routes, and so are their failures; those of
/// the guard are told as ours are.
async fn answer_of_others(own: &Routes, request: Request) -> Result<Response, Problem> {
    match AssertUnwindSafe(own.call(request)).catch_unwind().await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => match error.downcast::<Problem>() {
            Ok(problem) => Err(problem),
            Err(error) => Ok(error.into_response()),
        },
        Err(_panic) => Err(Problem::caused(Code::Internal, "the request panicked")),
    }
}

fn preflight(is_own: bool) -> Response {
    let mut response = Response::builder().status(StatusCode::NO_CONTENT).finish();
    origin::allow_preflight(response.headers_mut(), is_own);
    response
}

fn declared_length(request: &Request) -> usize {
    let length = request.headers().get(header::CONTENT_LENGTH);
    length.and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or(0)
}

fn security_headers(state: &State) -> HeaderMap {
    let value = HeaderValue::from_static;
    let sharing =
        if state.settings.allowed_origins.is_empty() { "same-origin" } else { "same-site" };
    let mut headers = HeaderMap::from_iter([
        (header::CACHE_CONTROL, NO_STORE),
        (
            header::CONTENT_SECURITY_POLICY,
            value(
                "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
            ),
        ),
        (header::REFERRER_POLICY, value("no-referrer")),
        (header::X_CONTENT_TYPE_OPTIONS, value("nosniff")),
        (header::X_FRAME_OPTIONS, value("DENY")),
        (HeaderName::from_static("cross-origin-resource-policy"), value(sharing)),
    ]);
    if state.settings.public_origin.scheme_is_https() {
        let year = value("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    // Those of the answer itself come on top.
    headers.reserve(16);
    headers
}

/// Names requests: a random prefix for the process, then a count.
struct RequestIds {
    process: u64,
    count: AtomicU64,
}

impl RequestIds {
    fn new() -> Self {
        Self { process: u64::from_ne_bytes(entropy::bytes(&OsEntropy)), count: AtomicU64::new(1) }
    }

    /// The caller's own, if it is short and plain, else a new one.
    fn of(&self, headers: &HeaderMap) -> HeaderValue {
        let kept = headers.get(REQUEST_ID).filter(|id| is_plain(id.as_bytes()));
        kept.cloned().unwrap_or_else(|| {
            let count = self.count.fetch_add(1, Ordering::Relaxed);
            let id = Bytes::from(format!("{:016x}{count:08x}", self.process));
            HeaderValue::from_maybe_shared(id).unwrap_or(HeaderValue::from_static("-"))
        })
    }
}

fn is_plain(id: &[u8]) -> bool {
    (1..=64).contains(&id.len())
        && id.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}
