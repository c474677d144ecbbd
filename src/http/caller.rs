//! Who is asking: address, browser, request id.

use std::{net::IpAddr, sync::Arc};

use poem::{
    FromRequest, Request, RequestBody, Result,
    http::{HeaderMap, HeaderValue, header},
};

use super::{
    State,
    origin::Verdict,
    problem::{Code, Problem},
};
use crate::domain::{
    network::Cidr,
    session::{Caller, Origination},
};

/// The longest `User-Agent` that is kept, characters.
const MAX_USER_AGENT: usize = 256;

/// What the shell knows about a request, for the operations.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) state: Arc<State>,
    pub(super) request_id: HeaderValue,
    pub(super) ip: Option<IpAddr>,
    /// Where the request says it comes from.
    pub(super) verdict: Verdict,
}

impl Context {
    pub(super) fn of(request: &Request) -> Result<&Self, Problem> {
        request.extensions().get().ok_or_else(|| Code::Internal.into())
    }
}

/// [`Caller`], as an operation's argument.
pub(super) struct CallerOf(pub(super) Caller);

impl<'a> FromRequest<'a> for CallerOf {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let context = Context::of(request)?;
        let user_agent = request.headers().get(header::USER_AGENT);
        let user_agent = user_agent.map(|value| String::from_utf8_lossy(value.as_bytes()));
        let printable = user_agent.unwrap_or_default();
        let printable = printable.chars().filter(|c| !c.is_control()).take(MAX_USER_AGENT);
        Ok(Self(Caller {
            origination: Origination {
                ip: context.ip.map(|ip| ip.to_string()).unwrap_or_default(),
                user_agent: printable.collect(),
            },
            request_id: context.request_id.to_str().unwrap_or_default().to_owned(),
        }))
    }
}

/// The client's address: the peer's, or, if the peer is a trusted proxy, the nearest address it
/// reports that is not one (RFC 7239; `X-Forwarded-For`). Anything a client writes further left is
/// ignored.
pub(super) fn client_ip(peer: IpAddr, headers: &HeaderMap, trusted: &[Cidr]) -> IpAddr {
    let is_trusted = |ip: IpAddr| trusted.iter().any(|network| network.contains(ip));
    let peer = peer.to_canonical();
    if !is_trusted(peer) {
        return peer;
    }
    let mut nearest = peer;
    for hop in hops(headers).into_iter().rev() {
        // What a trusted proxy cannot name (`unknown`, an obfuscated node) ends the chain.
        let Some(ip) = hop else { return nearest };
        nearest = ip;
        if !is_trusted(ip) {
            break;
        }
    }
    nearest
}

/// The reported hops, the nearest last. None where both headers are there: the proxy sets one of them,
/// and the other is the client's own.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let list = |name: &str| -> Vec<String> {
        let lines = headers.get_all(name).iter();
        let elements = lines.flat_map(|line| {
            let text = String::from_utf8_lossy(line.as_bytes()).into_owned();
            text.split(',').map(|element| element.trim().to_owned()).collect::<Vec<_>>()
        });
        elements.collect()
    };
    let (forwarded_for, forwarded) = (list("x-forwarded-for"), list("forwarded"));
    match (forwarded_for.is_empty(), forwarded.is_empty()) {
        (false, true) => forwarded_for.iter().map(|hop| address(hop)).collect(),
        (true, _) => forwarded.iter().map(|element| forwarded_node(element)).collect(),
        (false, false) => Vec::new(),
    }
}

fn forwarded_node(element: &str) -> Option<IpAddr> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.eq_ignore_ascii_case("for").then(|| address(value.trim_matches('"')))?
    })
}

/// An address, with or without a port: `192.0.2.1`, `192.0.2.1:47011`, `2001:db8::1`,
/// `[2001:db8::1]:4711`.
fn address(text: &str) -> Option<IpAddr> {
    let ip = text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<std::net::SocketAddr>().ok().map(|addr| addr.ip());
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<IpAddr>().ok();
    ip.or_else(with_port).or_else(bracketed).map(|ip| ip.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(peer: &str, headers: &[(&'static str, &str)]) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        let trusted = [Cidr::parse("10.0.0.0/8").unwrap()];
        client_ip(peer.parse().unwrap(), &map, &trusted).to_string()
    }

    #[test]
    fn only_a_trusted_peer_is_believed() {
        assert_eq!(ip("192.0.2.9", &[("x-forwarded-for", "1.1.1.1")]), "192.0.2.9");
        assert_eq!(ip("10.0.0.1", &[("x-forwarded-for", "192.0.2.7")]), "192.0.2.7");
        assert_eq!(ip("::ffff:10.0.0.1", &[("x-forwarded-for", "192.0.2.7")]), "192.0.2.7");
        assert_eq!(ip("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn the_nearest_untrusted_hop_counts_whatever_stands_left_of_it() {
        let spoofed = [("x-forwarded-for", "6.6.6.6, 192.0.2.7, 10.0.0.2")];
        assert_eq!(ip("10.0.0.1", &spoofed), "192.0.2.7");
        let lines = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "192.0.2.7:4711")];
        assert_eq!(ip("10.0.0.1", &lines), "192.0.2.7");
        assert_eq!(ip("10.0.0.1", &[("x-forwarded-for", "6.6.6.6, unknown")]), "10.0.0.1");
        let forwarded = [("forwarded", "for=6.6.6.6, For=\"[2001:db8::7]:47011\";proto=https")];
        assert_eq!(ip("10.0.0.1", &forwarded), "2001:db8::7");
        let both = [("forwarded", "for=6.6.6.6"), ("x-forwarded-for", "192.0.2.7")];
        assert_eq!(ip("10.0.0.1", &both), "10.0.0.1");
    }
}
