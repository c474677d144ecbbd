//! Counters of refusals by reason. Junk costs a number, never a row or a line.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// Where something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Guard,
    Refresh,
    Login,
    Logout,
    Exchange,
    Client,
    Machine,
    Origin,
}

impl Place {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Guard => "guard",
            Self::Refresh => "refresh",
            Self::Login => "login",
            Self::Logout => "logout",
            Self::Exchange => "exchange",
            Self::Client => "client",
            Self::Machine => "machine",
            Self::Origin => "origin",
        }
    }
}

type Counts = BTreeMap<(Place, &'static str, &'static str), u64>;

/// Counts since the last report.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<Counts>);

impl Refusals {
    /// Counts one. `half` is `body`, `cookie`, `pair` or empty; both names come from fixed sets, so
    /// the map stays small.
    pub(super) fn count(&self, place: Place, half: &'static str, reason: &'static str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((place, half, reason)).or_default() += 1;
    }

    /// Writes one line a reason to the log, and starts again from zero.
    pub(super) fn report(&self) {
        let counts = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for ((place, half, reason), count) in counts {
            tracing::info!(
                target: "tandem::refusals",
                place = place.as_str(), half, reason, count,
                "refused since the last report"
            );
        }
    }
}
