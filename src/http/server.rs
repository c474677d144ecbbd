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

use super::connection::{Activity, Patience, Watched};

/// Bounds on what connections may take.
#[derive(Clone, Copy, Debug)]
pub struct ServerLimits {
    /// For a request's head to arrive.
    pub head: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// For requests in flight to finish once told to stop.
    pub drain: Duration,
}

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
