//! How long things live.

use std::time::Duration;

use super::{flow::Flow, ring::Ring};

/// No access token may live longer, whatever the configuration says: revocation is remembered for
/// this long.
pub const MAX_ACCESS_LIFETIME: Duration = Duration::from_mins(10);

/// No machine token may live longer.
pub const MAX_MACHINE_LIFETIME: Duration = Duration::from_hours(1);

/// The longest that a token of `ring` may live.
pub const fn max_lifetime_of(ring: Ring) -> Duration {
    match ring {
        Ring::Body | Ring::Cookie => MAX_ACCESS_LIFETIME,
        Ring::Machine => MAX_MACHINE_LIFETIME,
    }
}

/// How far in the future `iat` may lie: clocks differ.
pub const MAX_CLOCK_SKEW: Duration = Duration::from_secs(5);

/// How long after a key was retired a token signed by it may have been issued.
pub const RETIRED_KEY_GRACE: Duration = Duration::from_secs(30);

/// A token longer than this (bytes) is refused before any cryptography and never issued.
pub const MAX_TOKEN_LENGTH: usize = 4096;

/// The lifetimes of tokens and sessions.
#[derive(Clone, Debug)]
pub struct TokenPolicy {
    /// `iss`: the public origin of the service.
    pub issuer: String,
    /// `aud` of both halves is this, `/`, and the half; of a machine token it is this.
    pub audience: String,
    /// Life of an access token of the dual flow.
    pub access_ttl: Duration,
    /// Life of an access token of the session flow.
    pub session_flow_access_ttl: Duration,
    /// Life of a machine token.
    pub machine_ttl: Duration,
    /// A session not refreshed for this long is over.
    pub session_idle_ttl: Duration,
    /// A session is over this long after its login, whatever happens.
    pub session_max_ttl: Duration,
    /// How long after its successor was seen a superseded generation may still be presented.
    pub reuse_interval: Duration,
    /// How long after `exp` a token still passes.
    pub leeway: Duration,
    /// The longest an answer may be under way.
    pub request_timeout: Duration,
    /// Sessions a user may have; the oldest ends.
    pub max_sessions: u32,
}

impl TokenPolicy {
    /// The `aud` of the tokens of `ring`.
    pub fn audience_of(&self, ring: Ring) -> String {
        match ring {
            Ring::Body | Ring::Cookie => format!("{}/{ring}", self.audience),
            Ring::Machine => self.audience.clone(),
        }
    }

    /// True if `aud` is that of the tokens of `ring`.
    pub fn is_audience_of(&self, ring: Ring, aud: &str) -> bool {
        let rest = aud.strip_prefix(&self.audience);
        match ring {
            Ring::Body | Ring::Cookie => {
                rest.and_then(|rest| rest.strip_prefix('/')) == Some(ring.as_str())
            }
            Ring::Machine => rest == Some(""),
        }
    }

    /// Life of an access token.
    pub const fn access_ttl_of(&self, flow: Flow) -> Duration {
        match flow {
            Flow::Dual => self.access_ttl,
            Flow::Session => self.session_flow_access_ttl,
        }
    }

    /// How long a revocation must be remembered: the longest possible access token outlives it
    /// not.
    pub fn revocation_memory(&self) -> Duration {
        MAX_ACCESS_LIFETIME + self.leeway + self.request_timeout
    }

    /// The same for machine tokens.
    pub fn machine_revocation_memory(&self) -> Duration {
        MAX_MACHINE_LIFETIME + self.leeway + self.request_timeout
    }
}
