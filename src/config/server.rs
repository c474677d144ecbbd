//! `[server]`: addresses, and what the listener accepts.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use super::{
    given::{put, show_list},
    key::Key,
    public_url::PublicUrl,
    units::{duration, show_duration, show_size},
};
use crate::domain::{network::Cidr, origin::Origin};

/// Where the service listens and whom it answers.
#[derive(Clone, Debug)]
pub struct Server {
    /// The address to listen on; port 0 picks a free one.
    pub listen: SocketAddr,
    /// The origin that browsers use; issuer of tokens.
    pub public_url: PublicUrl,
    /// Origins of pages on other hosts that may call the service; https unless loopback.
    pub allowed_origins: Vec<Origin>,
    /// Networks whose forwarding headers are believed.
    pub trusted_proxies: Vec<Cidr>,
    /// Whether the API explorer is served.
    pub docs: bool,
    /// A second address, for metrics alone.
    pub metrics_listen: Option<SocketAddr>,
    /// How long a request may take.
    pub request_timeout: Duration,
    /// The largest request body, in bytes.
    pub max_body: usize,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 8080).into(),
            public_url: PublicUrl::localhost(8080),
            allowed_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            docs: false,
            metrics_listen: None,
            request_timeout: Duration::from_secs(10),
            max_body: 64 * 1024,
        }
    }
}

impl Server {
    pub(super) fn listens_on_loopback(&self) -> bool {
        self.listen.ip().to_canonical().is_loopback()
    }

    /// A browser on this machine finds the service on the port it listens on.
    pub(super) fn follow_listen(&mut self) {
        if self.listens_on_loopback() && self.listen.port() != 0 {
            self.public_url = PublicUrl::localhost(self.listen.port());
        }
    }
}

/// A block of addresses that proxies have. Not every address: any client could then claim any other.
fn proxies(text: &str) -> Result<Cidr, String> {
    let block = Cidr::parse(text).map_err(|error| error.to_string())?;
    if block.is_everything() {
        return Err("every client could choose its own address; \
                    write the addresses that your proxies connect from"
            .to_owned());
    }
    Ok(block)
}

pub(super) static KEYS: &[Key] = &[
    Key {
        name: "server.listen",
        about: "The address to listen on; port 0 picks a free one, named in the log",
        allowed: "an IP address and a port, such as `127.0.0.1:8080`; loopback only with `--dev`, \
                  unless `server.public_url` is https",
        read: |c, given| put(&mut c.server.listen, given.parsed(str::parse)),
        show: |c| c.server.listen.to_string(),
        ..Key::BASE
    },
    Key {
        name: "server.public_url",
        about: "The origin that browsers use; issuer of tokens. When it is not set and the service \
                listens on loopback, it has the port of `server.listen`",
        allowed: "an https origin without path, such as `https://auth.example.com`; plain http for \
                  loopback hosts only",
        read: |c, given| put(&mut c.server.public_url, given.parsed(PublicUrl::parse)),
        show: |c| c.server.public_url.as_str().to_owned(),
        ..Key::BASE
    },
    Key {
        name: "server.allowed_origins",
        about: "Origins of pages on other hosts that may call the service with credentials",
        allowed: "a list of exact origins, https unless loopback; no wildcards",
        read: |c, given| {
            let origins = given.list(|item| item.parsed(Origin::parse));
            put(&mut c.server.allowed_origins, origins)
        },
        show: |c| show_list(&c.server.allowed_origins, |origin| format!("{:?}", origin.as_str())),
        valid: |c| c.server.allowed_origins.iter().all(|o| o.scheme_is_https() || o.is_loopback()),
        ..Key::BASE
    },
    Key {
        name: "server.trusted_proxies",
        about: "Networks whose `X-Forwarded-For` and `Forwarded` headers are believed",
        allowed: "a list of IP addresses and CIDR blocks, such as `10.0.0.0/8`; of your proxies alone, \
                  so none with a prefix length of 0",
        read: |c, given| {
            put(&mut c.server.trusted_proxies, given.list(|item| item.parsed(proxies)))
        },
        show: |c| show_list(&c.server.trusted_proxies, |block| format!("\"{block}\"")),
        ..Key::BASE
    },
    Key {
        name: "server.docs",
        about: "Serve the API explorer at `/docs`",
        allowed: "`true` or `false`",
        read: |c, given| put(&mut c.server.docs, given.flag()),
        show: |c| c.server.docs.to_string(),
        ..Key::BASE
    },
    Key {
        name: "server.metrics_listen",
        about: "A second address to listen on, for `/metrics` alone. Reserved: without effect in this version",
        allowed: "an IP address and a port, such as `127.0.0.1:9090`",
        read: |c, given| put(&mut c.server.metrics_listen, given.parsed(str::parse).map(Some)),
        show: |c| c.server.metrics_listen.map_or_else(|| "none".to_owned(), |a| a.to_string()),
        ..Key::BASE
    },
    Key {
        name: "server.request_timeout",
        about: "How long a request may take",
        allowed: "more than `0s`, less than half of `tokens.reuse_interval` (any with `--dev`)",
        read: |c, given| put(&mut c.server.request_timeout, given.parsed(duration)),
        show: |c| show_duration(c.server.request_timeout),
        valid: |c| !c.server.request_timeout.is_zero(),
        ..Key::BASE
    },
    Key {
        name: "server.max_body",
        about: "The largest request body",
        allowed: "a size, `1KiB` or more",
        read: |c, given| put(&mut c.server.max_body, given.size()),
        show: |c| show_size(c.server.max_body),
        valid: |c| c.server.max_body >= 1024,
        ..Key::BASE
    },
];
