//! Web origins, as browsers write them in the `Origin` header.
//!
//! ```text
//! https :// host [ : port ]        no user, no path, no query, nothing spelled two ways
//! ```

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
};

use thiserror::Error;

/// An exact web origin (RFC 6454): scheme, host and port, in the one ASCII serialisation that
/// browsers send (section 6.2): lower case, default port left out.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    text: String,
    host: String,
    https: bool,
}

/// Why a text is not an exact origin; the message says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OriginError {
    /// The opaque origin, which any sandboxed page may send.
    #[error("`null` is sent by any sandboxed page; name a real origin")]
    Null,
    /// A pattern.
    #[error("wildcards are not supported; list every origin by its full name")]
    Wildcard,
    /// Neither `http` nor `https`.
    #[error("begin with `https://` (or `http://`)")]
    Scheme,
    /// A user name or password.
    #[error("remove the user name and password before the `@`")]
    UserInfo,
    /// A path, query or fragment, a lone slash included.
    #[error("remove everything after host and port, a slash included")]
    Path,
    /// Upper case letters; carries the right spelling.
    #[error("write it in lower case: `{0}`")]
    UpperCase(String),
    /// A host in Unicode; carries its ASCII form.
    #[error("write the host in ASCII: `{0}`")]
    NotAscii(String),
    /// Neither a host name nor a canonical IP address.
    #[error("write a host name or a canonical IP address (IPv6 in brackets)")]
    Host,
    /// A port that is no number from 1 to 65535 without leading zeros.
    #[error("write the port as a number from 1 to 65535")]
    Port,
    /// The scheme's own port spelled out.
    #[error("leave out `:{0}`, the default port")]
    DefaultPort(u16),
}

impl Origin {
    /// Reads an origin that is written exactly as a browser writes it.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        if text == "null" {
            return Err(OriginError::Null);
        }
        if text.contains('*') {
            return Err(OriginError::Wildcard);
        }
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(OriginError::UpperCase(text.to_ascii_lowercase()));
        }
        let (https, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => return Err(OriginError::Scheme),
        };
        if rest.contains('@') {
            return Err(OriginError::UserInfo);
        }
        if rest.contains(['/', '?', '#', '\\']) {
            return Err(OriginError::Path);
        }
        let (host, port) = split_port(rest);
        check_host(host)?;
        let port = port.map(|port| read_port(port, https)).transpose()?;
        Ok(Self::build(https, host, port.unwrap_or_else(|| default_port(https))))
    }

    /// `http://localhost` with a port.
    pub fn localhost(port: u16) -> Self {
        Self::build(false, "localhost", port)
    }

    /// The ASCII serialisation, for comparison with an `Origin` header byte for byte.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host, an IPv6 address with its brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the scheme is `https`.
    pub const fn scheme_is_https(&self) -> bool {
        self.https
    }

    /// Whether the host is `localhost`, an address in 127.0.0.0/8 or `[::1]`.
    pub fn is_loopback(&self) -> bool {
        matches!(self.host(), "localhost" | "[::1]")
            || self.host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
    }

    /// The same scheme and host with another port.
    pub fn with_port(&self, port: u16) -> Self {
        Self::build(self.https, &self.host, port)
    }

    fn build(https: bool, host: &str, port: u16) -> Self {
        let scheme = if https { "https" } else { "http" };
        let text = if port == default_port(https) {
            format!("{scheme}://{host}")
        } else {
            format!("{scheme}://{host}:{port}")
        };
        Self { text, host: host.to_owned(), https }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({})", self.text)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

const fn default_port(https: bool) -> u16 {
    if https { 443 } else { 80 }
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    // The colons within brackets belong to an IPv6 address.
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn read_port(text: &str, https: bool) -> Result<u16, OriginError> {
    match text.parse::<u16>() {
        Ok(port) if port == 0 || port.to_string() != text => Err(OriginError::Port),
        Ok(port) if port == default_port(https) => Err(OriginError::DefaultPort(port)),
        Ok(port) => Ok(port),
        Err(_) => Err(OriginError::Port),
    }
}

fn check_host(host: &str) -> Result<(), OriginError> {
    if !host.is_ascii() {
        return Err(idna::domain_to_ascii(host).map_or(OriginError::Host, OriginError::NotAscii));
    }
    let exact = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => is_exact_ipv6(address),
        None if ends_in_number(host) => host.parse::<Ipv4Addr>().is_ok(),
        None => is_exact_name(host),
    };
    if exact { Ok(()) } else { Err(OriginError::Host) }
}

fn is_exact_ipv6(text: &str) -> bool {
    text.parse::<Ipv6Addr>().is_ok_and(|address| {
        let canonical = match address.segments() {
            // Browsers write mapped addresses in hexadecimal, the standard library dotted.
            [0, 0, 0, 0, 0, 0xffff, high, low] => format!("::ffff:{high:x}:{low:x}"),
            _ => address.to_string(),
        };
        canonical == text
    })
}

/// Browsers take a host for an IPv4 address when its last label is a number.
fn ends_in_number(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or(host);
    let hexadecimal = last.strip_prefix("0x");
    !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit())
        || hexadecimal.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_exact_name(host: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    host.len() <= 253
        && host.split('.').all(|label| (1..=63).contains(&label.len()) && label.bytes().all(plain))
        && idna::domain_to_ascii(host).is_ok_and(|ascii| ascii == host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_origins_are_kept_as_they_are() {
        for (text, host, https, loopback) in [
            ("https://example.com", "example.com", true, false),
            ("https://my_app.example.com:8443", "my_app.example.com", true, false),
            ("https://xn--bcher-kva.example", "xn--bcher-kva.example", true, false),
            ("https://[2001:db8::1]", "[2001:db8::1]", true, false),
            ("https://[::ffff:7f00:1]", "[::ffff:7f00:1]", true, false),
            ("http://192.0.2.1:443", "192.0.2.1", false, false),
            ("http://localhost", "localhost", false, true),
            ("http://localhost.example.com", "localhost.example.com", false, false),
            ("http://127.8.0.1:3000", "127.8.0.1", false, true),
            ("http://[::1]:8080", "[::1]", false, true),
        ] {
            let origin = Origin::parse(text).unwrap();
            assert_eq!((origin.as_str(), origin.host()), (text, host));
            assert_eq!(
                (origin.scheme_is_https(), origin.is_loopback()),
                (https, loopback),
                "{text}"
            );
        }
    }

    #[test]
    fn anything_else_is_refused_with_its_remedy() {
        use OriginError::*;
        for (text, error) in [
            ("null", Null),
            ("*", Wildcard),
            ("https://*.example.com", Wildcard),
            ("", Scheme),
            ("example.com", Scheme),
            ("ftp://example.com", Scheme),
            ("https:example.com", Scheme),
            ("https://example.com/", Path),
            ("https://example.com/app", Path),
            ("https://example.com?", Path),
            ("https://example.com#top", Path),
            ("https://example.com\\", Path),
            ("https://user:word@example.com", UserInfo),
            ("https://Example.com", UpperCase("https://example.com".to_owned())),
            ("HTTPS://example.com", UpperCase("https://example.com".to_owned())),
            ("https://bücher.example", NotAscii("xn--bcher-kva.example".to_owned())),
            ("https://", Host),
            ("https://:8443", Host),
            ("https://example.com.", Host),
            ("https://exa mple.com", Host),
            (" https://example.com", Scheme),
            ("https://example.com ", Host),
            ("https://%65xample.com", Host),
            ("https://127.1", Host),
            ("https://0x7f000001", Host),
            ("https://127.0.0.01", Host),
            ("https://::1", Host),
            ("https://[::1", Host),
            ("https://[::1]x", Host),
            ("https://[0:0:0:0:0:0:0:1]", Host),
            ("https://[::ffff:127.0.0.1]", Host),
            ("https://example.com:", Port),
            ("https://example.com:0", Port),
            ("https://example.com:+1", Port),
            ("https://example.com:08443", Port),
            ("https://example.com:65536", Port),
            ("https://example.com:443", DefaultPort(443)),
            ("http://localhost:80", DefaultPort(80)),
        ] {
            assert_eq!(Origin::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_new_port_keeps_the_serialisation_exact() {
        let origin = Origin::parse("http://localhost:3000").unwrap();
        assert_eq!(origin.with_port(8080).as_str(), "http://localhost:8080");
        assert_eq!(origin.with_port(80).as_str(), "http://localhost");
        assert_eq!(Origin::parse("http://localhost"), Ok(origin.with_port(80)));
    }
}
