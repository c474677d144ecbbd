//! The server's rules: the real decision, and ways to weaken it.

use std::time::Duration;

use tandem::domain::{
    clock::Timestamp,
    refresh::{self, Age, Decision, Presented, Progress},
};

use super::state::Pair;

/// The instant at which every decision is taken; all else happened some ticks before.
const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

/// The current generation; all tokens are of it or of one of the few before.
const GENERATION: u32 = 1_000;

/// What counts as a sight of the current generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// The rule: its body half has been presented.
    Body,
    /// A weakening: its cookie half has been presented.
    Cookie,
    /// A weakening: it exists.
    Rotation,
}

/// A weakening: another verdict in one cell of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instead {
    /// The cell.
    pub(super) cell: (Age, Age),
    /// On which side of *settled*; `None` for both.
    pub(super) settled: Option<bool>,
    /// What is decided there.
    pub(super) decision: Decision,
}

/// A table to search with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Whether the age of the access tokens counts.
    pub(super) young_is_resent: bool,
    /// What acknowledges a generation.
    pub(super) sight: Sight,
    /// A cell that is not as it should be.
    pub(super) instead: Option<Instead>,
}

/// One decision and what led to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ruling {
    /// The cookie half's age.
    pub(super) cookie: Age,
    /// The body half's age.
    pub(super) body: Age,
    /// Whether the current generation was settled.
    pub(super) settled: bool,
    /// What was decided.
    pub(super) decision: Decision,
}

impl Ruling {
    /// The cell, the side of *settled* and the decision.
    pub(super) fn key(self) -> (Age, Age, bool, Decision) {
        (self.cookie, self.body, self.settled, self.decision)
    }

    /// Whether the one who asked got tokens.
    pub(super) fn grants(self) -> bool {
        matches!(self.decision, Decision::Rotate | Decision::Resend)
    }

    /// Whether the session ends.
    pub(super) fn ends_session(self) -> bool {
        matches!(self.decision, Decision::Reuse(_))
    }
}

impl Rules {
    /// The rules as they are.
    pub(super) const REAL: Self = Self { young_is_resent: true, sight: Sight::Body, instead: None };

    /// These rules with another decision in one cell.
    pub(super) const fn with(
        self,
        cell: (Age, Age),
        settled: Option<bool>,
        decision: Decision,
    ) -> Self {
        Self { instead: Some(Instead { cell, settled, decision }), ..self }
    }

    /// Judges a refresh with the real decision function; then the weakening, if any, has its say.
    pub(super) fn judge(
        self,
        (cookie, body): (Pair, Pair),
        acknowledged: Option<u8>,
        interval: u8,
    ) -> Ruling {
        let youngest = cookie.minted.min(body.minted);
        let presented = Presented {
            cookie: Age::of(generation(cookie), GENERATION),
            body: Age::of(generation(body), GENERATION),
            minted_at: self.young_is_resent.then(|| ago(youngest)),
        };
        let progress = Progress { acknowledged_at: acknowledged.map(ago) };
        let span = Duration::from_secs(u64::from(interval));
        let ruling = Ruling {
            cookie: presented.cookie.unwrap_or(Age::Older),
            body: presented.body.unwrap_or(Age::Older),
            settled: acknowledged.is_some_and(|since| since >= interval),
            decision: refresh::decide(presented, progress, NOW, span),
        };
        match self.instead {
            Some(instead) if instead.applies_to(ruling) => {
                Ruling { decision: instead.decision, ..ruling }
            }
            _ => ruling,
        }
    }

    /// Whether presenting these halves shows the server that its current generation has arrived.
    pub(super) fn sees(self, cookie: Pair, body: Pair) -> bool {
        match self.sight {
            Sight::Body => body.behind == 0,
            Sight::Cookie => cookie.behind == 0,
            Sight::Rotation => false,
        }
    }

    /// What the server knows of a generation it has just made.
    pub(super) fn after_rotation(self) -> Option<u8> {
        match self.sight {
            Sight::Body | Sight::Cookie => None,
            Sight::Rotation => Some(0),
        }
    }
}

impl Instead {
    fn applies_to(self, ruling: Ruling) -> bool {
        self.cell == (ruling.cookie, ruling.body)
            && self.settled.is_none_or(|settled| settled == ruling.settled)
    }
}

fn generation(pair: Pair) -> u32 {
    GENERATION.saturating_sub(u32::from(pair.behind))
}

fn ago(ticks: u8) -> Timestamp {
    NOW.minus(Duration::from_secs(u64::from(ticks)))
}
