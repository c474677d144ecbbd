//! Breadth first through everything that can happen.

use std::{collections::HashSet, fmt::Debug, hash::Hash};

/// Something that moves from state to state.
pub(super) trait Machine {
    /// What it remembers.
    type State: Copy + Eq + Hash;
    /// What can happen to it.
    type Move: Copy + Debug;

    /// Where it may begin.
    fn starts(&self) -> Vec<Self::State>;

    /// Everything that can happen next.
    fn moves(&self, from: &Self::State) -> Vec<(Self::Move, Next<Self::State>)>;
}

/// Where a move leads.
pub(super) enum Next<S> {
    /// On.
    Goes(S),
    /// Nowhere, and rightly so.
    Ends,
    /// To a broken promise; which one.
    Breaks(&'static str),
}

/// What a search has found.
#[derive(Debug)]
pub(super) struct Explored<S, M> {
    /// All states, in the order of their distance from a start.
    pub(super) states: Vec<S>,
    /// How many moves were tried.
    pub(super) transitions: usize,
    /// The shortest way to a broken promise, and that promise.
    pub(super) broken: Option<(Vec<M>, &'static str)>,
}

/// Visits every state that `machine` can reach, or stops at the first broken promise. `witness` is
/// told of every move.
pub(super) fn explore<T: Machine>(
    machine: &T,
    mut witness: impl FnMut(T::Move),
) -> Explored<T::State, T::Move> {
    let mut states = machine.starts();
    let mut seen: HashSet<T::State> = states.iter().copied().collect();
    let mut came_by: Vec<Option<(usize, T::Move)>> = vec![None; states.len()];
    let mut transitions = 0;
    let mut broken = None;
    let mut at = 0;
    while let (Some(&state), None) = (states.get(at), &broken) {
        for (step, next) in machine.moves(&state) {
            transitions += 1;
            witness(step);
            match next {
                Next::Goes(to) => {
                    if seen.insert(to) {
                        states.push(to);
                        came_by.push(Some((at, step)));
                    }
                }
                Next::Ends => {}
                Next::Breaks(promise) => {
                    broken = Some((way_to(&came_by, at, step), promise));
                    break;
                }
            }
        }
        at += 1;
    }
    Explored { states, transitions, broken }
}

fn way_to<M: Copy>(came_by: &[Option<(usize, M)>], mut at: usize, last: M) -> Vec<M> {
    let mut way = vec![last];
    while let Some(&Some((before, step))) = came_by.get(at) {
        way.push(step);
        at = before;
    }
    way.reverse();
    way
}

impl<S, M: Debug> Explored<S, M> {
    /// The way to the broken promise, one move a line; empty if all are kept.
    pub(super) fn story(&self) -> String {
        let Some((way, promise)) = &self.broken else { return String::new() };
        let lines: Vec<String> =
            way.iter().enumerate().map(|(n, step)| format!("{:>3}. {step:?}\n", n + 1)).collect();
        format!("{promise}, {} states in:\n{}", self.states.len(), lines.concat())
    }
}
