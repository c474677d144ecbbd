//! The refresh decision: what four presented tokens call for.
//!
//! The cookie half decides theft, the body half decides admission. `docs/protocol.md` tells why the
//! table has this shape; `tests/properties` explores it exhaustively against an honest browser and a
//! thief. Change it only together with a model that still passes.

use std::time::Duration;

use super::clock::Timestamp;

/// How far a genuine refresh token lies behind the current generation of its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// Of the current generation.
    Current,
    /// Of the one before.
    Previous,
    /// Of an older one.
    Older,
}

impl Age {
    /// The age of a token of generation `presented` while the session is at `current`; `None` if
    /// the session never got there.
    pub const fn of(presented: u32, current: u32) -> Option<Self> {
        match current.checked_sub(presented) {
            Some(0) => Some(Self::Current),
            Some(1) => Some(Self::Previous),
            Some(_) => Some(Self::Older),
            None => None,
        }
    }
}

/// What a refresh call presents, once each token has been judged on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presented {
    /// The cookie refresh token; `None` if missing, unknown, ahead or of another session.
    pub cookie: Option<Age>,
    /// The body refresh token; `None` if missing, unknown, ahead or of another session.
    pub body: Option<Age>,
    /// When the younger of the two access tokens was minted; `None` if neither can be believed.
    pub minted_at: Option<Timestamp>,
}

/// What the decision needs to know of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// When the body half of the current generation was first seen; `None` while it was not.
    pub acknowledged_at: Option<Timestamp>,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Move on to the next generation and issue all four tokens of it.
    Rotate,
    /// Issue the current generation again.
    Resend,
    /// Answer `401`, change nothing.
    Refuse(Reason),
    /// A copy is at work: end the session.
    Reuse(Stale),
}

/// Why a refresh is refused without a consequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// One of the two refresh tokens is missing or worthless.
    Partial,
    /// The body half lies too far behind.
    StaleBody,
    /// The cookie half lies too far behind, and its successors have not been seen long enough.
    StaleCookie,
    /// A superseded cookie half without a body half.
    SpentCookie,
}

impl Reason {
    /// The name in audit events and counters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Partial => "partial",
            Self::StaleBody => "stale_body",
            Self::StaleCookie => "stale_cookie",
            Self::SpentCookie => "spent_cookie",
        }
    }
}

/// Which half betrayed a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stale {
    /// The cookie half alone is superseded: a copied cookie jar beside a live body half.
    Cookie,
    /// Both halves are superseded: a full copy.
    Both,
}

impl Stale {
    /// The name in audit events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cookie => "cookie",
            Self::Both => "both",
        }
    }
}

/// Judges a refresh of a session that is alive.
///
/// *Settled*: the current generation was acknowledged, at least `reuse_interval` ago. *Young*: one
/// of the access tokens was minted less than `reuse_interval` ago, so that a client that refreshes
/// what it has just got does not make a second rotation race the first one's answer.
#[expect(clippy::match_same_arms, reason = "one arm for each cell of the table")]
pub fn decide(
    presented: Presented,
    progress: Progress,
    now: Timestamp,
    reuse_interval: Duration,
) -> Decision {
    use Age::{Current, Older, Previous};
    use Decision::{Refuse, Resend, Reuse, Rotate};

    let settled = progress.acknowledged_at.is_some_and(|at| now >= at.plus(reuse_interval));
    let young = presented.minted_at.is_some_and(|at| now < at.plus(reuse_interval));

    match (presented.cookie, presented.body, settled) {
        (Some(Current), Some(Current), _) if young => Resend,
        (Some(Current), Some(Current), _) => Rotate,
        (Some(Current), Some(Previous), _) => Resend,
        (Some(Current), Some(Older), _) => Refuse(Reason::StaleBody),
        (Some(Current), None, _) => Refuse(Reason::Partial),

        (Some(Previous), Some(Current), _) => Resend,
        (Some(Previous), Some(Previous), false) => Resend,
        (Some(Previous), Some(Older), false) => Refuse(Reason::StaleBody),
        (Some(Previous), None, false) => Refuse(Reason::Partial),
        (Some(Previous), Some(Previous | Older), true) => Reuse(Stale::Both),

        (Some(Older), Some(_), false) => Refuse(Reason::StaleCookie),
        (Some(Older), None, false) => Refuse(Reason::Partial),
        (Some(Older), Some(Current), true) => Reuse(Stale::Cookie),
        (Some(Older), Some(Previous | Older), true) => Reuse(Stale::Both),

        (Some(Previous | Older), None, true) => Refuse(Reason::SpentCookie),
        (None, _, _) => Refuse(Reason::Partial),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Age::{Current, Older, Previous};
    use Decision::{Refuse, Resend, Reuse, Rotate};
    use Reason::{Partial, SpentCookie, StaleBody, StaleCookie};

    const INTERVAL: Duration = Duration::from_secs(30);
    const NOW: Timestamp = Timestamp::from_seconds(10_000);

    fn at(cookie: Option<Age>, body: Option<Age>, acknowledged_at: Option<Timestamp>) -> Decision {
        let minted_at = Some(NOW.minus(Duration::from_mins(4)));
        decide(Presented { cookie, body, minted_at }, Progress { acknowledged_at }, NOW, INTERVAL)
    }

    /// Every cell: cookie, body, decision while not settled, decision once settled.
    const TABLE: [(Option<Age>, Option<Age>, Decision, Decision); 16] = [
        (Some(Current), Some(Current), Rotate, Rotate),
        (Some(Current), Some(Previous), Resend, Resend),
        (Some(Current), Some(Older), Refuse(StaleBody), Refuse(StaleBody)),
        (Some(Current), None, Refuse(Partial), Refuse(Partial)),
        (Some(Previous), Some(Current), Resend, Resend),
        (Some(Previous), Some(Previous), Resend, Reuse(Stale::Both)),
        (Some(Previous), Some(Older), Refuse(StaleBody), Reuse(Stale::Both)),
        (Some(Previous), None, Refuse(Partial), Refuse(SpentCookie)),
        (Some(Older), Some(Current), Refuse(StaleCookie), Reuse(Stale::Cookie)),
        (Some(Older), Some(Previous), Refuse(StaleCookie), Reuse(Stale::Both)),
        (Some(Older), Some(Older), Refuse(StaleCookie), Reuse(Stale::Both)),
        (Some(Older), None, Refuse(Partial), Refuse(SpentCookie)),
        (None, Some(Current), Refuse(Partial), Refuse(Partial)),
        (None, Some(Previous), Refuse(Partial), Refuse(Partial)),
        (None, Some(Older), Refuse(Partial), Refuse(Partial)),
        (None, None, Refuse(Partial), Refuse(Partial)),
    ];

    #[test]
    fn every_cell_on_both_sides_of_settled() {
        let one_ms = Duration::from_millis(1);
        let unsettled = [None, Some(NOW), Some(NOW.minus(INTERVAL).plus(one_ms))];
        let settled = [Some(NOW.minus(INTERVAL)), Some(Timestamp::from_millis(0))];
        for (cookie, body, before, after) in TABLE {
            for acknowledged_at in unsettled {
                assert_eq!(at(cookie, body, acknowledged_at), before, "{cookie:?} {body:?}");
            }
            for acknowledged_at in settled {
                assert_eq!(at(cookie, body, acknowledged_at), after, "{cookie:?} {body:?}");
            }
        }
    }

    #[test]
    fn a_young_pair_is_resent_and_an_unbelievable_one_is_not_young() {
        let current = |minted_at| {
            let presented = Presented { cookie: Some(Current), body: Some(Current), minted_at };
            decide(presented, Progress { acknowledged_at: Some(NOW) }, NOW, INTERVAL)
        };
        let one_ms = Duration::from_millis(1);
        assert_eq!(current(Some(NOW)), Resend);
        assert_eq!(current(Some(NOW.minus(INTERVAL).plus(one_ms))), Resend);
        assert_eq!(current(Some(NOW.minus(INTERVAL))), Rotate);
        assert_eq!(current(None), Rotate);
    }

    #[test]
    fn youth_changes_no_other_cell() {
        for (cookie, body, before, _) in TABLE.into_iter().skip(1) {
            let presented = Presented { cookie, body, minted_at: Some(NOW) };
            let progress = Progress { acknowledged_at: None };
            assert_eq!(decide(presented, progress, NOW, INTERVAL), before);
        }
    }

    #[test]
    fn age_counts_generations() {
        assert_eq!(Age::of(7, 7), Some(Current));
        assert_eq!(Age::of(6, 7), Some(Previous));
        assert_eq!(Age::of(5, 7), Some(Older));
        assert_eq!(Age::of(0, u32::MAX), Some(Older));
        assert_eq!(Age::of(8, 7), None);
    }
}
