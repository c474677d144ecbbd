//! Revocation without a lookup per request: a small set of what ended, kept by every instance.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use crate::{
    domain::{
        clock::Timestamp,
        id::{ClientId, SessionId, TokenId},
        policy::TokenPolicy,
    },
    store::{Change, MachineChange},
};

#[derive(Clone, Copy, Debug)]
struct Entry {
    ended: bool,
    /// Tokens issued up to then (seconds) are stale.
    tokens_not_before: Option<i64>,
    forget_at: Timestamp,
}

/// What the set says of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It ended.
    Ended,
    /// It goes on; its tokens issued up to then (seconds) are stale.
    Alive { tokens_not_before: Option<i64> },
}

/// Sessions that ended, or whose access tokens up to a moment are stale, for as long as such a token
/// could pass otherwise.
#[derive(Debug, Default)]
pub(super) struct Revocations(RwLock<HashMap<SessionId, Entry>>);

impl Revocations {
    pub(super) fn standing(&self, session: SessionId) -> Standing {
        let entries = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match entries.get(&session) {
            None => Standing::Alive { tokens_not_before: None },
            Some(Entry { ended: true, .. }) => Standing::Ended,
            Some(entry) => Standing::Alive { tokens_not_before: entry.tokens_not_before },
        }
    }

    /// Adds what changed. An end is final; `tokens_not_before` only moves forward.
    pub(super) fn apply(&self, changes: &[Change], policy: &TokenPolicy) {
        // In small steps: every request waits for this lock.
        for changes in changes.chunks(1000) {
            self.apply_chunk(changes, policy);
        }
    }

    fn apply_chunk(&self, changes: &[Change], policy: &TokenPolicy) {
        let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for change in changes {
            let forget_at = change.at.plus(policy.revocation_memory());
            let bar = change.tokens_not_before.map(Timestamp::seconds_up);
            let entry = entries.entry(change.session).or_insert(Entry {
                ended: false,
                tokens_not_before: None,
                forget_at,
            });
            entry.ended |= change.ended;
            entry.tokens_not_before = entry.tokens_not_before.max(bar);
            entry.forget_at = entry.forget_at.max(forget_at);
        }
    }

    /// Forgets what no token can outlive.
    pub(super) fn purge(&self, now: Timestamp) {
        let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|_, entry| now < entry.forget_at);
    }
}

/// Machine tokens that were revoked, and clients that were removed, for as long as a token could pass
/// otherwise.
#[derive(Debug, Default)]
pub(super) struct MachineRevocations(RwLock<Machines>);

#[derive(Debug, Default)]
struct Machines {
    tokens: HashMap<TokenId, Timestamp>,
    clients: HashMap<ClientId, Timestamp>,
}

impl MachineRevocations {
    /// True if the token may not be used any more.
    pub(super) fn covers(&self, client: ClientId, token: TokenId) -> bool {
        let machines = self.0.read().unwrap_or_else(PoisonError::into_inner);
        machines.tokens.contains_key(&token) || machines.clients.contains_key(&client)
    }

    /// Adds what changed.
    pub(super) fn apply(&self, changes: &[MachineChange], policy: &TokenPolicy) {
        let memory = policy.machine_revocation_memory();
        // In small steps: every request waits for this lock.
        for changes in changes.chunks(1000) {
            let mut machines = self.0.write().unwrap_or_else(PoisonError::into_inner);
            for change in changes {
                match *change {
                    MachineChange::Removed(client, at) => {
                        machines.clients.insert(client, at.plus(memory));
                    }
                    MachineChange::Revoked(token, at) => {
                        machines.tokens.insert(token, at.plus(memory));
                    }
                }
            }
        }
    }

    /// Forgets what no token can outlive.
    pub(super) fn purge(&self, now: Timestamp) {
        let mut machines = self.0.write().unwrap_or_else(PoisonError::into_inner);
        machines.tokens.retain(|_, forget_at| now < *forget_at);
        machines.clients.retain(|_, forget_at| now < *forget_at);
    }
}
