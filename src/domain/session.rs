//! One sign-in in one browser.

use std::time::Duration;

use super::{
    clock::Timestamp,
    flow::Flow,
    id::{SessionId, UserId},
    policy::TokenPolicy,
};

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// Its owner logged out.
    Logout,
    /// Its owner ended it from another session.
    EndedByOwner,
    /// Another login presented it.
    Replaced,
    /// The user had more sessions than allowed.
    TooMany,
    /// A superseded refresh token came back.
    Reuse,
    /// The password changed.
    PasswordChange,
    /// The account was disabled.
    UserDisabled,
    /// An operator ended it.
    Operator,
}

impl EndReason {
    /// The stored name, also in audit events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::EndedByOwner => "ended_by_owner",
            Self::Replaced => "replaced",
            Self::TooMany => "too_many",
            Self::Reuse => "reuse",
            Self::PasswordChange => "password_change",
            Self::UserDisabled => "user_disabled",
            Self::Operator => "operator",
        }
    }
}

/// How and when the session's owner proved who they are (RFC 8176, `OpenID` Connect Core section 2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// When.
    pub time: Timestamp,
    /// By which methods: `pwd`.
    pub methods: Vec<String>,
}

/// Where a request came from, as far as the service can tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origination {
    /// The client's IP address.
    pub ip: String,
    /// Its `User-Agent`, cut to 256 characters.
    pub user_agent: String,
}

/// Who is asking, as far as the service can tell.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// Where from.
    pub origination: Origination,
    /// The request, for the log.
    pub request_id: String,
}

/// A session.
#[derive(Clone, Debug)]
pub struct Session {
    /// Its identifier, `sid` in tokens.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// How it is used.
    pub flow: Flow,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last refreshed.
    pub last_seen_at: Timestamp,
    /// It is over then unless refreshed before.
    pub idle_expires_at: Timestamp,
    /// It is over then, whatever happens.
    pub expires_at: Timestamp,
    /// Access tokens issued up to then (whole seconds) are stale.
    pub tokens_not_before: Option<Timestamp>,
    /// When it ended before its time.
    pub ended_at: Option<Timestamp>,
    /// Where its login came from.
    pub origination: Origination,
    /// Its owner's proof.
    pub authentication: Authentication,
    /// Counts its rotations, from 1.
    pub generation: u32,
    /// When the body half of the current generation was first seen.
    pub acknowledged_at: Option<Timestamp>,
}

impl Session {
    /// True while it has neither ended nor run into a deadline.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.idle_expires_at && now < self.expires_at
    }

    /// How long it can still be refreshed if it is never refreshed again.
    pub fn refreshable_for(&self, now: Timestamp) -> Duration {
        self.idle_expires_at.min(self.expires_at).since(now)
    }

    /// The idle deadline that a refresh at `now` earns, never past the absolute one.
    pub fn next_idle_deadline(&self, now: Timestamp, policy: &TokenPolicy) -> Timestamp {
        now.plus(policy.session_idle_ttl).min(self.expires_at)
    }

    /// True if an exchange of the session cookie may move the idle deadline: at most once a minute.
    pub fn exchange_moves_deadline(&self, now: Timestamp) -> bool {
        now >= self.last_seen_at.plus(Duration::from_mins(1))
    }

    /// True if a resend may move the idle deadline: at most once per access token lifetime, so that
    /// many tabs cannot starve it and cannot flood the database.
    pub fn resend_moves_deadline(&self, now: Timestamp, policy: &TokenPolicy) -> bool {
        now >= self.last_seen_at.plus(policy.access_ttl)
    }
}

/// The `iat` (seconds) of tokens issued at `now`: past `tokens_not_before`, so that they are not
/// born stale.
pub fn issue_time(now: Timestamp, tokens_not_before: Option<Timestamp>) -> i64 {
    tokens_not_before.map_or(now.seconds(), |bar| now.seconds().max(bar.seconds() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_never_born_stale() {
        let now = Timestamp::from_millis(5_900);
        assert_eq!(issue_time(now, None), 5);
        assert_eq!(issue_time(now, Some(Timestamp::from_seconds(4))), 5);
        assert_eq!(issue_time(now, Some(Timestamp::from_seconds(6))), 7);
    }
}
