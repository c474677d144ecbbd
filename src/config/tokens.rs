//! `[tokens]`: how long tokens and sessions live.

use std::time::Duration;

use super::{
    given::put,
    key::Key,
    units::{duration, show_duration},
};

/// Lifetimes of tokens and sessions.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The audience that the tokens name, alone or with the half's name after a slash.
    pub audience: String,
    /// How long an access token lives.
    pub access_ttl: Duration,
    /// How long a session lives without a refresh.
    pub session_idle_ttl: Duration,
    /// How long a session lives at most.
    pub session_max_ttl: Duration,
    /// How long an answer may be under way; until then a superseded token is answered again.
    pub reuse_interval: Duration,
    /// How long an expired access token still passes, for clocks that differ.
    pub leeway: Duration,
    /// How often other instances' revocations are looked for.
    pub revocation_poll: Duration,
    /// How many sessions a user may have.
    pub max_sessions: u32,
    /// How long a machine's token lives.
    pub machine_ttl: Duration,
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            audience: "tandem".to_owned(),
            access_ttl: Duration::from_mins(4),
            session_idle_ttl: Duration::from_hours(7 * 24),
            session_max_ttl: Duration::from_hours(30 * 24),
            reuse_interval: Duration::from_secs(30),
            leeway: Duration::from_secs(5),
            revocation_poll: Duration::from_secs(1),
            max_sessions: 20,
            machine_ttl: Duration::from_mins(10),
        }
    }
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);

pub(super) static KEYS: &[Key] = &[
    Key {
        name: "tokens.audience",
        about: "The audience of machine tokens; the two halves append `/body` and `/cookie`",
        allowed: "a name without `/` and blanks",
        read: |c, given| put(&mut c.tokens.audience, given.owned_text()),
        show: |c| c.tokens.audience.clone(),
        valid: |c| {
            let audience = &c.tokens.audience;
            !audience.is_empty() && !audience.contains(|c: char| c == '/' || c.is_whitespace())
        },
        ..Key::BASE
    },
    Key {
        name: "tokens.access_ttl",
        about: "How long an access token lives",
        allowed: "`60s` to `10m` (`1s` to `10m` with `--dev`)",
        read: |c, given| put(&mut c.tokens.access_ttl, given.parsed(duration)),
        show: |c| show_duration(c.tokens.access_ttl),
        valid: |c| {
            let shortest = if c.dev { SECOND } else { MINUTE };
            (shortest..=10 * MINUTE).contains(&c.tokens.access_ttl)
        },
        ..Key::BASE
    },
    Key {
        name: "tokens.session_idle_ttl",
        about: "How long a session lives without a refresh",
        allowed: "more than `tokens.access_ttl`, at most `tokens.session_max_ttl`",
        read: |c, given| put(&mut c.tokens.session_idle_ttl, given.parsed(duration)),
        show: |c| show_duration(c.tokens.session_idle_ttl),
        ..Key::BASE
    },
    Key {
        name: "tokens.session_max_ttl",
        about: "How long a session lives at most, from its login",
        allowed: "more than `tokens.access_ttl`, at least `tokens.session_idle_ttl`",
        read: |c, given| put(&mut c.tokens.session_max_ttl, given.parsed(duration)),
        show: |c| show_duration(c.tokens.session_max_ttl),
        ..Key::BASE
    },
    Key {
        name: "tokens.reuse_interval",
        about: "How long the answer to a refresh may be under way: until then a superseded refresh \
                token is answered again, afterwards it counts as stolen",
        allowed: "`30s` to `60s` (any with `--dev`), at most half of `tokens.access_ttl`",
        read: |c, given| put(&mut c.tokens.reuse_interval, given.parsed(duration)),
        show: |c| show_duration(c.tokens.reuse_interval),
        valid: |c| c.dev || (30 * SECOND..=60 * SECOND).contains(&c.tokens.reuse_interval),
        ..Key::BASE
    },
    Key {
        name: "tokens.leeway",
        about: "How long an expired access token still passes, for clocks that differ",
        allowed: "`0s` to `5s`",
        read: |c, given| put(&mut c.tokens.leeway, given.parsed(duration)),
        show: |c| show_duration(c.tokens.leeway),
        valid: |c| c.tokens.leeway <= 5 * SECOND,
        ..Key::BASE
    },
    Key {
        name: "tokens.revocation_poll",
        about: "How often to look for what other instances revoked; the longest delay until a \
                logout is known everywhere",
        allowed: "`50ms` to `60s`",
        read: |c, given| put(&mut c.tokens.revocation_poll, given.parsed(duration)),
        show: |c| show_duration(c.tokens.revocation_poll),
        valid: |c| (Duration::from_millis(50)..=MINUTE).contains(&c.tokens.revocation_poll),
        ..Key::BASE
    },
    Key {
        name: "tokens.max_sessions",
        about: "How many sessions a user may have; one more ends the oldest",
        allowed: "1 or more",
        read: |c, given| put(&mut c.tokens.max_sessions, given.number()),
        show: |c| c.tokens.max_sessions.to_string(),
        valid: |c| c.tokens.max_sessions >= 1,
        ..Key::BASE
    },
    Key {
        name: "tokens.machine_ttl",
        about: "How long a machine's token lives",
        allowed: "`1s` to `1h`",
        read: |c, given| put(&mut c.tokens.machine_ttl, given.parsed(duration)),
        show: |c| show_duration(c.tokens.machine_ttl),
        valid: |c| (SECOND..=60 * MINUTE).contains(&c.tokens.machine_ttl),
        ..Key::BASE
    },
];
