//! Rules between two keys. What one key may hold for itself stands with the key.

use super::Config;
use crate::domain::origin::Origin;

/// A demand on `key`, the one that is reported, in view of `other`.
pub(super) struct Rule {
    pub(super) key: &'static str,
    /// Ends where the name and value of `other` are to follow.
    pub(super) demand: &'static str,
    pub(super) other: &'static str,
    pub(super) holds: fn(&Config) -> bool,
}

pub(super) static RULES: &[Rule] = &[
    Rule {
        // A request and the answer to it together must be over before the interval is: an answer that
        // comes later looks like a stolen one.
        key: "server.request_timeout",
        demand: "must be less than half of",
        other: "tokens.reuse_interval",
        holds: |c| c.dev || c.server.request_timeout < c.tokens.reuse_interval / 2,
    },
    Rule {
        // Else every refresh comes within the interval, is answered again, and never rotates.
        key: "tokens.reuse_interval",
        demand: "must be at most half of",
        other: "tokens.access_ttl",
        holds: |c| c.tokens.reuse_interval <= c.tokens.access_ttl / 2,
    },
    Rule {
        key: "tokens.session_idle_ttl",
        demand: "must be at most",
        other: "tokens.session_max_ttl",
        holds: |c| c.tokens.session_idle_ttl <= c.tokens.session_max_ttl,
    },
    Rule {
        key: "tokens.session_idle_ttl",
        demand: "must be more than",
        other: "tokens.access_ttl",
        holds: |c| c.tokens.session_idle_ttl > c.tokens.access_ttl,
    },
    Rule {
        key: "tokens.session_max_ttl",
        demand: "must be more than",
        other: "tokens.access_ttl",
        holds: |c| c.tokens.session_max_ttl > c.tokens.access_ttl,
    },
    Rule {
        // Argon2 refuses less (RFC 9106, section 3.1).
        key: "passwords.memory",
        demand: "must be at least 8 KiB for each of",
        other: "passwords.lanes",
        holds: |c| c.passwords.memory >= c.passwords.lanes.saturating_mul(8),
    },
    Rule {
        // Without https, cookies have neither `Secure` nor a prefix.
        key: "server.public_url",
        demand: "must be the https origin that browsers use, for the service is reachable from \
                 elsewhere at",
        other: "server.listen",
        holds: |c| c.dev || c.server.listens_on_loopback() || c.server.public_url.is_https(),
    },
    Rule {
        key: "server.public_url",
        demand: "must be the https origin that browsers use, for pages elsewhere are in",
        other: "server.allowed_origins",
        holds: |c| {
            c.dev
                || c.server.public_url.is_https()
                || c.server.allowed_origins.iter().all(Origin::is_loopback)
        },
    },
    Rule {
        key: "server.listen",
        demand: "must be a loopback address, for `--dev` is not to be reached from elsewhere; or \
                 set an https origin as",
        other: "server.public_url",
        holds: |c| !c.dev || c.server.listens_on_loopback() || c.server.public_url.is_https(),
    },
];

#[cfg(test)]
mod tests {
    use super::{super::key, RULES};

    #[test]
    fn rules_name_keys() {
        for name in RULES.iter().flat_map(|rule| [rule.key, rule.other]) {
            assert!(key::all().any(|key| key.name == name), "{name}");
        }
    }
}
