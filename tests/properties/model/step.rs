//! What can happen next to an honest browser and its server.

use tandem::domain::refresh::Decision;

use super::{
    rules::{Rules, Ruling},
    search::{Machine, Next},
    state::{Pair, State, Tab, Unsaved},
    world::{Client, Limits, Tabs},
};

/// The promise that a search with this machine looks to see broken.
const NEVER_DENIED: &str = "an honest browser was denied";

/// An honest browser and its server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Honest {
    /// The server's rules.
    pub(super) rules: Rules,
    /// How long things last.
    pub(super) limits: Limits,
    /// The client's choices.
    pub(super) client: Client,
}

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// Time passes.
    Tick,
    /// A call of the API shows the server the current generation.
    Acknowledge,
    /// The server dies before it has written the acknowledgement.
    ForgetAcknowledgement,
    /// A tab wants to refresh and reads the body store.
    ReadStore,
    /// It sends its request.
    Send,
    /// The server decides.
    Decide(Ruling),
    /// The answer, or the rest of it, never arrives.
    Lose,
    /// The answer's headers arrive, and the jar takes its half.
    Headers(Pair),
    /// The answer's body arrives.
    Body(Pair),
    /// The jar reaches the disk.
    Save,
    /// The browser crashes, and the jar comes back as the disk has it.
    Crash(Unsaved),
    /// A refresh with what jar and store hold, at once.
    RefreshNow(Ruling),
}

impl Machine for Honest {
    type State = State;
    type Move = Move;

    fn starts(&self) -> Vec<State> {
        let third = match self.limits.tabs {
            Tabs::Two => Tab::Closed,
            Tabs::Three => Tab::Idle,
        };
        let mut tabs = [Tab::Idle, Tab::Idle, third];
        tabs.sort_unstable();
        vec![State::at_rest(None, Pair::FRESH, tabs)]
    }

    fn moves(&self, from: &State) -> Vec<(Move, Next<State>)> {
        let mut moves = Vec::with_capacity(8);
        moves.extend(self.must_be_able_to_refresh(from));
        moves.extend(self.tick(from));
        moves.extend(self.acknowledge(from));
        moves.extend(disk(from));
        let mut before = None;
        for (slot, tab) in from.tabs.into_iter().enumerate() {
            if before.replace(tab) != Some(tab) {
                self.tab(from, slot, tab, &mut moves);
            }
        }
        for (_, next) in &mut moves {
            if let Next::Goes(to) = next {
                to.tabs.sort_unstable();
            }
        }
        moves
    }
}

impl Honest {
    /// The browser can recover from every state by itself.
    fn must_be_able_to_refresh(&self, from: &State) -> Option<(Move, Next<State>)> {
        let ruling = self.judge(from, from.jar.pair, from.store);
        (!ruling.grants()).then_some((Move::RefreshNow(ruling), Next::Breaks(NEVER_DENIED)))
    }

    /// Time passes, unless something is due first.
    fn tick(&self, from: &State) -> Option<(Move, Next<State>)> {
        let Limits { interval, request, answer, save, .. } = self.limits;
        let tabs_can_wait = from.tabs.iter().all(|tab| match tab {
            Tab::Closed | Tab::Idle => true,
            Tab::Read { age, .. } | Tab::Sent { age, .. } => *age < request,
            Tab::Answered { pair } | Tab::Headed { pair } => pair.minted < answer,
        });
        let disk_can_wait = from.jar.unsaved.is_none_or(|unsaved| Some(unsaved.since) < save);
        let mut to = *from;
        to.grow_old(interval);
        (tabs_can_wait && disk_can_wait).then_some((Move::Tick, Next::Goes(to)))
    }

    /// A call of the API with what jar and store hold; or the server forgets that there was one.
    fn acknowledge(&self, from: &State) -> Option<(Move, Next<State>)> {
        let step = match from.acknowledged {
            None if self.rules.sees(from.jar.pair, from.store) => Move::Acknowledge,
            Some(0) => Move::ForgetAcknowledgement,
            None | Some(_) => return None,
        };
        let acknowledged = (step == Move::Acknowledge).then_some(0);
        Some((step, Next::Goes(State { acknowledged, ..*from })))
    }

    /// What a tab does next.
    fn tab(&self, from: &State, slot: usize, tab: Tab, moves: &mut Vec<(Move, Next<State>)>) {
        let becomes = |tab| from.with_tab(slot, tab);
        match tab {
            Tab::Closed => {}
            Tab::Idle => {
                let read = Tab::Read { body: from.store, age: 0 };
                moves.push((Move::ReadStore, Next::Goes(becomes(read))));
            }
            Tab::Read { body, age } => {
                let sent = Tab::Sent { cookie: from.jar.pair, body, age, orphan: false };
                moves.push((Move::Send, Next::Goes(becomes(sent))));
            }
            Tab::Sent { cookie, body, orphan, .. } => {
                let ruling = self.judge(from, cookie, body);
                let answered = if orphan { Tab::Idle } else { Tab::Answered { pair: Pair::FRESH } };
                let next = match self.carry_out(ruling, cookie, body, becomes(Tab::Idle)) {
                    Some(to) => Next::Goes(to.with_tab(slot, answered)),
                    None => Next::Breaks(NEVER_DENIED),
                };
                moves.push((Move::Decide(ruling), next));
            }
            Tab::Answered { pair } => {
                let mut to = becomes(Tab::Headed { pair });
                to.write_jar(pair);
                if self.limits.save.is_none() {
                    to.save_jar();
                }
                moves.push((Move::Headers(pair), Next::Goes(to)));
                moves.push((Move::Lose, Next::Goes(becomes(Tab::Idle))));
            }
            Tab::Headed { pair } => {
                let keeps = self.client.keeps_newer && pair.behind > from.store.behind;
                let store = if keeps { from.store } else { pair };
                let to = State { store, ..becomes(Tab::Idle) };
                moves.push((Move::Body(pair), Next::Goes(to)));
                moves.push((Move::Lose, Next::Goes(becomes(Tab::Idle))));
            }
        }
    }

    /// The server does what it has decided; `None` if the browser gets nothing.
    fn carry_out(&self, ruling: Ruling, cookie: Pair, body: Pair, mut to: State) -> Option<State> {
        match ruling.decision {
            Decision::Refuse(_) | Decision::Reuse(_) => return None,
            Decision::Rotate => {
                to.fall_behind();
                to.acknowledged = self.rules.after_rotation();
            }
            Decision::Resend if self.rules.sees(cookie, body) => {
                to.acknowledged = to.acknowledged.or(Some(0));
            }
            Decision::Resend => {}
        }
        Some(to)
    }

    fn judge(&self, from: &State, cookie: Pair, body: Pair) -> Ruling {
        self.rules.judge((cookie, body), from.acknowledged, self.limits.interval)
    }
}

/// The jar's latest writes reach the disk, or a crash loses them.
fn disk(from: &State) -> Vec<(Move, Next<State>)> {
    let Some(unsaved) = from.jar.unsaved else { return Vec::new() };
    let (mut saved, mut crashed) = (*from, *from);
    saved.save_jar();
    crashed.crash(unsaved);
    vec![(Move::Save, Next::Goes(saved)), (Move::Crash(unsaved), Next::Goes(crashed))]
}
