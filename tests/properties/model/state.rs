//! What the model remembers between two moves.
//!
//! Nothing here is absolute. Generations are counted back from the current one and times back from
//! now, and both stop counting where the rules stop telling the difference. So a search that never
//! ends in time still visits a finite number of states.

use std::mem;

/// The oldest age of a token that is told from its neighbours: `Age::Older` means this or more.
const OLDEST: u8 = 2;

/// One refresh token and the access token that was issued with it: what one half of an issue is.
///
/// They always travel together, so neither is ever seen beside a twin of another generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Pair {
    /// Generations behind the current one.
    pub(super) behind: u8,
    /// Ticks since the access token was minted.
    pub(super) minted: u8,
}

impl Pair {
    /// What the server issues now.
    pub(super) const FRESH: Self = Self { behind: 0, minted: 0 };

    /// The server has moved on by one generation.
    pub(super) fn fall_behind(&mut self) {
        self.behind = OLDEST.min(self.behind.saturating_add(1));
    }

    /// A tick has passed; from `interval` on, a mint is simply long ago.
    pub(super) fn grow_old(&mut self, interval: u8) {
        self.minted = interval.min(self.minted.saturating_add(1));
    }
}

/// The cookie jar: all tabs share it, the last writer wins, and a crash may take it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Jar {
    /// What goes out with the next request.
    pub(super) pair: Pair,
    /// What the disk still has instead, if the latest writes have not reached it.
    pub(super) unsaved: Option<Unsaved>,
}

/// Writes of the jar that a crash would lose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Unsaved {
    /// What the disk has.
    pub(super) on_disk: Pair,
    /// Ticks since the first of the writes.
    pub(super) since: u8,
}

/// A tab, and how far its refresh call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Tab {
    /// There is no such tab.
    Closed,
    /// No call is under way.
    Idle,
    /// It has read the body store. By the time it sends, this may be stale.
    Read {
        /// What it read.
        body: Pair,
        /// Ticks since then.
        age: u8,
    },
    /// The request is on its way to the server.
    Sent {
        /// The jar's half, as it was when the request left.
        cookie: Pair,
        /// The store's half, as it was when the tab read it.
        body: Pair,
        /// Ticks since the store was read.
        age: u8,
        /// Whether a crash has taken the tab: nobody will receive the answer.
        orphan: bool,
    },
    /// The answer is on its way back. It was minted when it left.
    Answered {
        /// What it carries, in the body and in the cookies.
        pair: Pair,
    },
    /// Its headers have arrived and the jar has its half; the body is still to come.
    Headed {
        /// What the body carries.
        pair: Pair,
    },
}

/// The server's session and the whole browser at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    /// Ticks since the current generation was acknowledged; `None` if it was not.
    pub(super) acknowledged: Option<u8>,
    /// The browser's cookie half.
    pub(super) jar: Jar,
    /// The browser's body half, in the store that the tabs share.
    pub(super) store: Pair,
    /// The tabs, sorted: which is which makes no difference.
    pub(super) tabs: [Tab; 3],
}

impl State {
    /// Nothing is under way, and nothing is unsaved.
    pub(super) const fn at_rest(acknowledged: Option<u8>, pair: Pair, tabs: [Tab; 3]) -> Self {
        Self { acknowledged, jar: Jar { pair, unsaved: None }, store: pair, tabs }
    }

    /// This state, but that one tab has come further.
    pub(super) fn with_tab(mut self, slot: usize, tab: Tab) -> Self {
        if let Some(place) = self.tabs.get_mut(slot) {
            *place = tab;
        }
        self
    }

    /// All tokens fall behind by one generation, wherever they are.
    pub(super) fn fall_behind(&mut self) {
        self.each_pair(Pair::fall_behind);
        self.acknowledged = None;
    }

    /// One tick passes.
    pub(super) fn grow_old(&mut self, interval: u8) {
        self.each_pair(|pair| pair.grow_old(interval));
        if let Some(since) = &mut self.acknowledged {
            *since = interval.min(since.saturating_add(1));
        }
        if let Some(unsaved) = &mut self.jar.unsaved {
            unsaved.since = unsaved.since.saturating_add(1);
        }
        for tab in &mut self.tabs {
            if let Tab::Read { age, .. } | Tab::Sent { age, .. } = tab {
                *age = age.saturating_add(1);
            }
        }
    }

    /// The jar takes what an answer's headers bring, whatever it had.
    pub(super) fn write_jar(&mut self, pair: Pair) {
        let before = mem::replace(&mut self.jar.pair, pair);
        self.jar.unsaved.get_or_insert(Unsaved { on_disk: before, since: 0 });
    }

    /// Everything the jar holds is on the disk.
    pub(super) fn save_jar(&mut self) {
        self.jar.unsaved = None;
    }

    /// The browser crashes and comes back with what the disk has. Its tabs are gone; what they had
    /// sent is not.
    pub(super) fn crash(&mut self, unsaved: Unsaved) {
        self.jar = Jar { pair: unsaved.on_disk, unsaved: None };
        for tab in &mut self.tabs {
            *tab = match *tab {
                Tab::Sent { cookie, body, age, .. } => {
                    Tab::Sent { cookie, body, age, orphan: true }
                }
                Tab::Closed => Tab::Closed,
                Tab::Idle | Tab::Read { .. } | Tab::Answered { .. } | Tab::Headed { .. } => {
                    Tab::Idle
                }
            };
        }
    }

    fn each_pair(&mut self, change: impl Fn(&mut Pair)) {
        change(&mut self.jar.pair);
        change(&mut self.store);
        if let Some(unsaved) = &mut self.jar.unsaved {
            change(&mut unsaved.on_disk);
        }
        for tab in &mut self.tabs {
            match tab {
                Tab::Closed | Tab::Idle => {}
                Tab::Read { body, .. } => change(body),
                Tab::Sent { cookie, body, .. } => {
                    change(cookie);
                    change(body);
                }
                Tab::Answered { pair } | Tab::Headed { pair } => change(pair),
            }
        }
    }
}
