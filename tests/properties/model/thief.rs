//! A thief who has copied all four tokens, and the browser they were copied from.
//!
//! The copy is taken at any state that an honest browser can be in. From then on neither meets any
//! fault: a call is answered at once. *Left behind* is who holds neither half of a generation that
//! has settled, so has skipped it.

use std::collections::HashSet;

use tandem::domain::refresh::Decision;

use super::{
    rules::{Rules, Ruling},
    search::{Machine, Next},
    state::{Pair, State},
};

const DETECTED: &str = "who was left behind refreshed, and the session went on";
const LEFT_FOR_GOOD: &str = "who was left behind got tokens again";
const SOON: &str = "a call of the API and an interval later, a copy still was not detected";

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Holder {
    /// The cookie half it holds.
    cookie: Pair,
    /// The body half it holds.
    body: Pair,
    /// Whether it has ever been left behind.
    left_behind: bool,
}

/// The session and its two holders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Copied {
    /// Ticks since the current generation was acknowledged.
    pub(super) acknowledged: Option<u8>,
    /// Thief and browser, sorted: the server cannot tell them apart, and neither does this.
    pub(super) holders: [Holder; 2],
    /// Whether since the copy there was a generation that both have taken.
    pub(super) kept_pace: bool,
}

/// Something that happens.
#[derive(Clone, Copy, Debug)]
pub(super) enum Move {
    /// Time passes.
    Tick,
    /// One of them calls the API.
    Acknowledge,
    /// One of them refreshes.
    Refresh(Ruling),
}

/// A thief and a browser who share a session.
#[derive(Debug)]
pub(super) struct Theft {
    /// The server's rules.
    pub(super) rules: Rules,
    /// `reuse_interval`, in ticks.
    pub(super) interval: u8,
    /// The states in which the copy may be taken.
    pub(super) copied_in: Vec<State>,
}

impl Machine for Theft {
    type State = Copied;
    type Move = Move;

    fn starts(&self) -> Vec<Copied> {
        let mut known = HashSet::new();
        let starts = self.copied_in.iter().map(|state| {
            let holder = Holder { cookie: state.jar.pair, body: state.store, left_behind: false };
            let acknowledged = state.acknowledged;
            self.settle(Copied { acknowledged, holders: [holder; 2], kept_pace: false })
        });
        starts.filter(|start| known.insert(*start)).collect()
    }

    fn moves(&self, from: &Copied) -> Vec<(Move, Next<Copied>)> {
        let [first, second] = from.holders;
        let mut moves = vec![(Move::Tick, Next::Goes(self.after_tick(*from)))];
        for pair in [[first, second], [second, first]] {
            let seen = Copied { holders: pair, ..*from };
            moves.extend(self.acknowledge(seen).map(|to| (Move::Acknowledge, Next::Goes(to))));
            moves.push(self.refresh(seen));
        }
        for (_, next) in &mut moves {
            if let Next::Goes(to) = next {
                to.holders.sort_unstable();
            }
        }
        moves
    }
}

impl Theft {
    /// The first holder refreshes.
    fn refresh(&self, from: Copied) -> (Move, Next<Copied>) {
        let [me, other] = from.holders;
        let ruling = self.judge(from.acknowledged, me);
        let step = Move::Refresh(ruling);
        if me.holds_nothing_current() && ruling.settled && !ruling.ends_session() {
            return (step, Next::Breaks(DETECTED));
        }
        if me.left_behind && ruling.grants() {
            return (step, Next::Breaks(LEFT_FOR_GOOD));
        }
        if me.left_behind && !self.is_soon_detected(from) {
            return (step, Next::Breaks(SOON));
        }
        let mut to = from;
        match ruling.decision {
            Decision::Reuse(_) => return (step, Next::Ends),
            Decision::Refuse(_) => return (step, Next::Goes(from)),
            Decision::Resend if self.rules.sees(me.cookie, me.body) => {
                to.acknowledged = to.acknowledged.or(Some(0));
            }
            Decision::Resend => {}
            Decision::Rotate => {
                to.acknowledged = self.rules.after_rotation();
                to.each_pair(Pair::fall_behind);
            }
        }
        to.kept_pace |= me.holds_nothing_current() && !other.holds_nothing_current();
        let [mine, _] = &mut to.holders;
        *mine = Holder { cookie: Pair::FRESH, body: Pair::FRESH, ..*mine };
        (step, Next::Goes(self.settle(to)))
    }

    /// The first holder calls the API.
    fn acknowledge(&self, from: Copied) -> Option<Copied> {
        let [me, _] = from.holders;
        let news = from.acknowledged.is_none() && self.rules.sees(me.cookie, me.body);
        news.then_some(Copied { acknowledged: Some(0), ..from })
    }

    fn after_tick(&self, from: Copied) -> Copied {
        let mut to = from;
        to.each_pair(|pair| pair.grow_old(self.interval));
        to.acknowledged = to.acknowledged.map(|since| self.interval.min(since.saturating_add(1)));
        self.settle(to)
    }

    /// Whether the first holder, left behind, is found out once the other has used what it holds
    /// and an interval has passed.
    fn is_soon_detected(&self, from: Copied) -> bool {
        let [me, other] = from.holders;
        let used = Copied { holders: [other, me], ..from };
        let used = self.acknowledge(used).unwrap_or(used);
        let later = (0..self.interval).fold(used, |state, _| self.after_tick(state));
        let [_, me] = later.holders;
        self.judge(later.acknowledged, me).ends_session()
    }

    /// Notes who has been left behind.
    fn settle(&self, mut state: Copied) -> Copied {
        if state.acknowledged == Some(self.interval) {
            for holder in &mut state.holders {
                holder.left_behind |= holder.holds_nothing_current();
            }
        }
        state
    }

    fn judge(&self, acknowledged: Option<u8>, holder: Holder) -> Ruling {
        self.rules.judge((holder.cookie, holder.body), acknowledged, self.interval)
    }
}

impl Holder {
    fn holds_nothing_current(self) -> bool {
        self.cookie.behind > 0 && self.body.behind > 0
    }
}

impl Copied {
    fn each_pair(&mut self, change: impl Fn(&mut Pair)) {
        for holder in &mut self.holders {
            change(&mut holder.cookie);
            change(&mut holder.body);
        }
    }
}
