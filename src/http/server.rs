//! Accepting connections. poem's own server sets no limit on the time that a request's head may
//! take, so that a few slow clients could hold every connection open for ever.

use std::{
    convert::Infallible, future::Future, net::SocketAddr, pin::pin, sync::Arc, time::Duration,
};

use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::{conn::auto, graceful::GracefulShutdown},
};
use poem::{
    Addr, Endpoint, Response,
    http::uri::Scheme,
    web::{LocalAddr, RemoteAddr},
};
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::connection::{Activity, Patience, ServerLimits, Watched};

/// The longest head of an HTTP/1 request, bytes.
const MAX_HEAD: usize = 64 * 1024;

/// Serves HTTP/1.1 and HTTP/2 (with prior knowledge) on one listener.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    limits: ServerLimits,
}

impl Server {
    /// Listens on `address`; port 0 picks one.
    pub async fn bind(address: SocketAddr, limits: ServerLimits) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, limits })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves `endpoint` until `stop`; then takes no new request and lets those in flight finish.
    pub async fn run_until<E>(self, endpoint: Arc<E>, stop: impl Future<Output = ()>)
    where
        E: Endpoint<Output = Response> + 'static,
    {
        let graceful = GracefulShutdown::new();
        let mut builder = auto::Builder::new(TokioExecutor::new());
        // The buffer that a head has to fit into.
        builder.http1().max_buf_size(MAX_HEAD);
        builder.http2().max_concurrent_streams(100).max_header_list_size(32 * 1024);
        let mut stop = std::pin::pin!(stop);
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = &mut stop => break,
            };
            match accepted {
                Ok((stream, peer)) => self.serve(&builder, &graceful, &endpoint, stream, peer),
                Err(error) => {
                    // Out of file descriptors, mostly: closing connections will free some.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
        drop(self.listener);
        if timeout(self.limits.drain, graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests did not finish in time");
        }
    }

    fn serve<E>(
        &self,
        builder: &auto::Builder<TokioExecutor>,
        graceful: &GracefulShutdown,
        endpoint: &Arc<E>,
        stream: TcpStream,
        peer: SocketAddr,
    ) where
        E: Endpoint<Output = Response> + 'static,
    {
        // Answers are small and whole: waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        let (endpoint, local) = (Arc::clone(endpoint), self.address);
        let activity = Arc::new(Activity::default());
        let stream = Watched { stream: TokioIo::new(stream), activity: Arc::clone(&activity) };
        let seen = Arc::clone(&activity);
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let running = seen.begin(request.version());
            let endpoint = Arc::clone(&endpoint);
            async move {
                let local = LocalAddr(Addr::SocketAddr(local));
                let remote = RemoteAddr(Addr::SocketAddr(peer));
                let request = (request, local, remote, Scheme::HTTP).into();
                let response = endpoint.call(request).await;
                let response = response.unwrap_or_else(poem::Error::into_response);
                drop(running);
                Ok::<_, Infallible>(hyper::Response::from(response))
            }
        });
        let connection = builder.serve_connection(stream, service).into_owned();
        let connection = graceful.watch(connection);
        let mut patience = Patience::new(self.limits);
        tokio::spawn(async move {
            let mut connection = pin!(connection);
            // A client that breaks off, or sends what is not HTTP, is no event.
            while timeout(patience.look, connection.as_mut()).await.is_err() {
                if patience.is_over(&activity) {
                    return;
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use hyper::body::Bytes;
    use poem::endpoint::make_sync;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        time::{Instant, sleep},
    };

    use super::*;

    const LONG: Duration = Duration::from_secs(30);
    const HEAD: Duration = Duration::from_millis(200);
    const REQUEST: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    /// A server that answers everything with `body`, and a connection to it.
    async fn connected(idle: Duration, body: Bytes) -> (TcpStream, Arc<impl Endpoint>) {
        let limits = ServerLimits { head: HEAD, idle, drain: Duration::ZERO };
        let server = Server::bind(([127, 0, 0, 1], 0).into(), limits).await.unwrap();
        let address = server.address();
        let answer = move |_| Response::builder().body(body.clone());
        let endpoint = Arc::new(make_sync(answer));
        tokio::spawn(server.run_until(Arc::clone(&endpoint), std::future::pending()));
        (TcpStream::connect(address).await.unwrap(), endpoint)
    }

    /// Sends a request and reads its answer, `body` and all.
    async fn ask(stream: &mut TcpStream, body: &str) {
        stream.write_all(REQUEST.as_bytes()).await.unwrap();
        let mut said = String::new();
        while !said.ends_with(body) {
            let mut chunk = [0; 1024];
            let length = timeout(LONG, stream.read(&mut chunk)).await.unwrap().unwrap();
            assert_ne!(length, 0, "closed after {said:?}");
            said.push_str(std::str::from_utf8(&chunk[..length]).unwrap());
        }
    }

    /// Waits until the server hangs up, and for how long.
    async fn until_closed(stream: &mut TcpStream) -> Duration {
        let began = Instant::now();
        let mut said = Vec::new();
        let ended = timeout(LONG / 2, stream.read_to_end(&mut said)).await;
        assert!(ended.is_ok(), "still open after {:?}", began.elapsed());
        assert!(said.is_empty(), "{}", String::from_utf8_lossy(&said));
        began.elapsed()
    }

    #[tokio::test]
    async fn a_slow_first_head_is_given_up() {
        for bytes in ["", "G", "GET / HTTP/1.1\r\nHost: "] {
            let (mut stream, _) = connected(LONG, Bytes::new()).await;
            stream.write_all(bytes.as_bytes()).await.unwrap();
            let waited = until_closed(&mut stream).await;
            assert!(waited > HEAD / 2, "{bytes:?}: {waited:?}");
        }
    }

    #[tokio::test]
    async fn a_slow_second_head_is_given_up_after_the_time_of_a_head() {
        let (mut stream, _) = connected(LONG, "yes".into()).await;
        ask(&mut stream, "yes").await;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: ").await.unwrap();
        let waited = until_closed(&mut stream).await;
        assert!(waited > HEAD / 2, "{waited:?}");
    }

    #[tokio::test]
    async fn between_two_requests_there_is_more_time_than_for_a_head() {
        let (mut stream, _) = connected(LONG, "yes".into()).await;
        for _ in 0..2 {
            ask(&mut stream, "yes").await;
            sleep(HEAD * 3).await;
        }
        ask(&mut stream, "yes").await;
    }

    #[tokio::test]
    async fn an_idle_connection_is_closed_in_the_end() {
        let (mut stream, _) = connected(HEAD * 4, "yes".into()).await;
        ask(&mut stream, "yes").await;
        let waited = until_closed(&mut stream).await;
        assert!(waited > HEAD * 2, "{waited:?}");
    }

    #[tokio::test]
    async fn a_head_has_a_limit_and_an_answer_has_none() {
        let answer = vec![b'a'; MAX_HEAD * 20];
        let (mut stream, _) = connected(LONG, answer.clone().into()).await;
        let head = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-A: ";
        let long = format!("{head}{}\r\n\r\n", "x".repeat(MAX_HEAD - 100));
        stream.write_all(long.as_bytes()).await.unwrap();
        let mut said = Vec::new();
        timeout(LONG, stream.read_to_end(&mut said)).await.unwrap().unwrap();
        assert!(said.starts_with(b"HTTP/1.1 200") && said.ends_with(&answer), "{}", said.len());

        let (mut stream, _) = connected(LONG, Bytes::new()).await;
        // Not a byte more: what is left unread would take the answer away.
        let long = format!("{head}{}", "x".repeat(MAX_HEAD - head.len()));
        stream.write_all(long.as_bytes()).await.unwrap();
        let mut said = String::new();
        timeout(LONG, stream.read_to_string(&mut said)).await.unwrap().unwrap();
        assert!(said.starts_with("HTTP/1.1 431"), "{said:?}");
    }

    /// Once the answers fill the sockets, one more request is read and never worked on.
    #[tokio::test]
    async fn who_asks_on_and_takes_no_answer_is_given_up() {
        let (mut stream, endpoint) = connected(HEAD * 2, vec![0; MAX_HEAD / 2].into()).await;
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        let request = format!("{head}1\r\nx\r\n0\r\n\r\n");
        stream.write_all(request.repeat(1000).as_bytes()).await.unwrap();
        // The test and the server hold the endpoint; so do each connection and each running request.
        let until_held = |by: usize| {
            let endpoint = &endpoint;
            let wait = async move {
                while Arc::strong_count(endpoint) != by {
                    sleep(Duration::from_millis(5)).await;
                }
            };
            timeout(LONG / 2, wait)
        };
        assert!(until_held(4).await.is_ok(), "no request was left waiting");
        assert!(until_held(2).await.is_ok(), "the connection is kept");
    }
}
