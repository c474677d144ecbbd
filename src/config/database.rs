//! `[database]`: which one, and how many connections to it.

use std::time::Duration;

use super::{
    given::put,
    key::{Key, MASK},
    units::{duration, show_duration},
};
use crate::domain::secret::Secret;

/// The database and the pool of connections to it.
#[derive(Clone, Debug)]
pub struct Database {
    /// `sqlite:`, `postgres:` or `mysql:`; it may hold a password.
    pub url: Secret<String>,
    /// How long to wait for a connection from the pool, and for a lock.
    pub timeout: Duration,
    /// The size of the pool.
    pub max_connections: u32,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            url: Secret::new("sqlite://data/tandem.db?mode=rwc".to_owned()),
            timeout: Duration::from_secs(5),
            max_connections: 10,
        }
    }
}

impl Database {
    /// The URL for people: `***` for the password and for every query parameter that could be one;
    /// a URL of unusual shape is not shown at all.
    pub fn masked_url(&self) -> String {
        mask(self.url.expose()).unwrap_or_else(|| MASK.to_owned())
    }

    fn has_known_scheme(&self) -> bool {
        self.url.expose().split_once(':').is_some_and(|(scheme, rest)| match scheme {
            "sqlite" => !rest.is_empty(),
            "postgres" | "postgresql" | "mysql" => rest.starts_with("//"),
            _ => false,
        })
    }
}

/// Query parameters that hold no secret.
const HARMLESS: [&str; 5] = ["mode", "cache", "sslmode", "ssl-mode", "host"];

/// `scheme : [// [user [: password] @] host [: port] /] path [? query]`, or nothing where a
/// character out of place makes it unclear which part is the password.
fn mask(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once(':')?;
    let (place, query) = rest.split_once('?').map_or((rest, None), |(p, q)| (p, Some(q)));
    let place = if scheme == "sqlite" { place.to_owned() } else { mask_user(place)? };
    let query = query.map_or_else(|| Some(String::new()), mask_query)?;
    Some(format!("{scheme}:{place}{query}"))
}

fn mask_user(place: &str) -> Option<String> {
    let place = place.strip_prefix("//")?;
    let (authority, path) = place.split_once('/').unwrap_or((place, ""));
    let (user, host) = authority.split_once('@').unwrap_or(("", authority));
    let usual = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    // Digits alone, or the end of an IPv6 address: else it is a password whose host was forgotten.
    let port = host.rsplit_once(':').map_or("", |(_, port)| port);
    let is_port = port.ends_with(']') || port.bytes().all(|byte| byte.is_ascii_digit());
    if !is_port || !host.chars().all(usual) || path.contains(['@', '#', ':', '/']) {
        return None;
    }
    let user = match user.split_once(':') {
        Some((name, _)) => format!("{name}:***@"),
        None if user.is_empty() => String::new(),
        None => format!("{user}@"),
    };
    let slash = if authority.len() == place.len() { "" } else { "/" };
    Some(format!("//{user}{host}{slash}{path}"))
}

fn mask_query(query: &str) -> Option<String> {
    if query.contains(['@', '#', '?']) {
        return None;
    }
    let shown = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if HARMLESS.contains(&name) => pair.to_owned(),
        Some((name, _)) => format!("{name}=***"),
        None => "***".to_owned(),
    });
    Some(format!("?{}", shown.collect::<Vec<_>>().join("&")))
}

pub(super) static KEYS: &[Key] = &[
    Key {
        name: "database.url",
        about: "The database; TLS to the server is verified when the URL asks for TLS",
        allowed: "a URL that begins with `sqlite:`, `postgres://`, `postgresql://` or `mysql://`",
        secret: true,
        read: |c, given| put(&mut c.database.url, given.owned_text().map(Secret::new)),
        show: |c| c.database.masked_url(),
        valid: |c| c.database.has_known_scheme(),
        ..Key::BASE
    },
    Key {
        name: "database.timeout",
        about: "How long to wait for a connection from the pool, and for a lock",
        allowed: "more than `0s`",
        read: |c, given| put(&mut c.database.timeout, given.parsed(duration)),
        show: |c| show_duration(c.database.timeout),
        valid: |c| !c.database.timeout.is_zero(),
        ..Key::BASE
    },
    Key {
        name: "database.max_connections",
        about: "The size of the connection pool",
        allowed: "1 or more",
        read: |c, given| put(&mut c.database.max_connections, given.number()),
        show: |c| c.database.max_connections.to_string(),
        valid: |c| c.database.max_connections >= 1,
        ..Key::BASE
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_urls_are_masked() {
        for (url, shown) in [
            ("sqlite::memory:", "sqlite::memory:"),
            ("sqlite://data/a@b.db?mode=rwc", "sqlite://data/a@b.db?mode=rwc"),
            ("sqlite:a.db?key=word", "sqlite:a.db?key=***"),
            ("postgres://db.example:5432/app", "postgres://db.example:5432/app"),
            ("postgres://db.example", "postgres://db.example"),
            ("postgres://me@[::1]/app", "postgres://me@[::1]/app"),
            ("postgres://me:word@db/app", "postgres://me:***@db/app"),
            ("mysql://me:a:b@db:3306/app?ssl-mode=x", "mysql://me:***@db:3306/app?ssl-mode=x"),
            (
                "postgres:///app?host=/run/pg&password=word",
                "postgres:///app?host=/run/pg&password=***",
            ),
            ("postgres://db/app?p%61ssword=word&x", "postgres://db/app?p%61ssword=***&***"),
            ("postgres://me:word", MASK),
            ("postgres://me:w@rd@db/app", MASK),
            ("postgres://me:w/rd@db/app", MASK),
            ("postgres://me:w/r:d@db/app", MASK),
            ("postgres://me:w?rd@db/app", MASK),
            ("postgres://me:w#rd@db/app", "postgres://me:***@db/app"),
            ("postgres://db/app?password=w@rd", MASK),
            ("postgres:word", MASK),
            ("word", MASK),
            ("", MASK),
        ] {
            let database = Database { url: Secret::new(url.to_owned()), ..Database::default() };
            assert_eq!(database.masked_url(), shown, "{url}");
        }
    }
}
