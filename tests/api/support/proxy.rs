//! A network between the service and its database that can fail.

use std::sync::Arc;

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// What the network does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Link {
    /// It carries.
    Up,
    /// Every connection breaks at once.
    Cut,
    /// Nothing arrives, and nobody is told.
    Frozen,
}

/// A TCP proxy in front of a database server.
pub(crate) struct Proxy {
    /// The URL of the database, through the proxy.
    pub(crate) url: String,
    link: Arc<watch::Sender<Link>>,
}

impl Proxy {
    /// In front of the server in `url`.
    pub(crate) async fn before(url: &str) -> Self {
        let (scheme, rest) = url.split_once("://").unwrap();
        let (user, place) = rest.split_once('@').unwrap();
        let (server, name) = place.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{scheme}://{user}@{}/{name}", listener.local_addr().unwrap());
        let link = Arc::new(watch::Sender::new(Link::Up));
        tokio::spawn(accept(listener, server.to_owned(), Arc::clone(&link)));
        Self { url, link }
    }

    /// Breaks every connection; new ones break as well.
    pub(crate) fn cut(&self) {
        self.link.send_replace(Link::Cut);
    }

    /// Swallows everything, without a word.
    pub(crate) fn freeze(&self) {
        self.link.send_replace(Link::Frozen);
    }

    /// Carries again. Connections that were cut stay so.
    pub(crate) fn heal(&self) {
        self.link.send_replace(Link::Up);
    }
}

async fn accept(listener: TcpListener, server: String, link: Arc<watch::Sender<Link>>) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let (server, link) = (server.clone(), link.subscribe());
        tokio::spawn(async move {
            let mut cut = link.clone();
            tokio::select! {
                () = carry(client, &server, link) => {}
                _ = cut.wait_for(|link| *link == Link::Cut) => {}
            }
        });
    }
}

async fn carry(client: TcpStream, server: &str, link: watch::Receiver<Link>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = pump(from_client, to_server, link.clone()) => {}
        () = pump(from_server, to_client, link) => {}
    }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut link: watch::Receiver<Link>,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let Ok(count @ 1..) = from.read(&mut buffer).await else { return };
        if link.wait_for(|link| *link == Link::Up).await.is_err() {
            return;
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
