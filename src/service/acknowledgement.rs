//! First sights of body halves: remembered at once, written behind the answer.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use crate::domain::{clock::Timestamp, id::SessionId};

/// Beyond this many, further sights are not remembered: the rule is then more patient, never
/// stricter.
const CAPACITY: usize = 100_000;

/// How many sessions one statement acknowledges.
pub(super) const BATCH: usize = 200;

#[derive(Clone, Copy, Debug)]
struct Sight {
    generation: u32,
    at: Timestamp,
}

/// Sights not yet written to the database.
#[derive(Debug, Default)]
pub(super) struct Acknowledgements(Mutex<HashMap<SessionId, Sight>>);

impl Acknowledgements {
    /// Remembers the first sight of `generation`. The first one needs none: nothing older exists.
    pub(super) fn note(&self, session: SessionId, generation: u32, at: Timestamp) {
        if generation <= 1 {
            return;
        }
        let mut sights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sights.len() >= CAPACITY && !sights.contains_key(&session) {
            return;
        }
        let sight = sights.entry(session).or_insert(Sight { generation, at });
        if generation > sight.generation {
            *sight = Sight { generation, at };
        }
    }

    /// When `generation` was first seen, if that is not yet written.
    pub(super) fn seen(&self, session: SessionId, generation: u32) -> Option<Timestamp> {
        let sights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sights.get(&session).filter(|sight| sight.generation == generation).map(|sight| sight.at)
    }

    /// Up to [`BATCH`] sights to write, and the latest of their times: one time for all, so that
    /// one statement does; the latest, because a later one only makes the rule more patient.
    pub(super) fn batch(&self) -> Option<(Vec<(SessionId, u32)>, Timestamp)> {
        let sights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let batch: Vec<_> = sights.iter().take(BATCH).collect();
        let at = batch.iter().map(|(_, sight)| sight.at).max()?;
        Some((batch.iter().map(|(id, sight)| (**id, sight.generation)).collect(), at))
    }

    /// Forgets what has been written.
    pub(super) fn written(&self, batch: &[(SessionId, u32)]) {
        let mut sights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (session, generation) in batch {
            if sights.get(session).is_some_and(|sight| sight.generation == *generation) {
                sights.remove(session);
            }
        }
    }
}
