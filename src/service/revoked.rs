//! What ended, told to services that verify tokens themselves.

use std::time::Duration;

use super::{
    Auth, ServiceError,
    watch::{LATE, OVERLAP},
};
use crate::{
    domain::{
        clock::Timestamp,
        id::{ClientId, SessionId, TokenId},
    },
    store::MachineChange,
};

/// What ended, or was outdated, since a moment.
#[derive(Clone, Debug)]
pub struct Revoked {
    /// The moment to ask from the next time.
    pub now: Timestamp,
    /// Sessions.
    pub sessions: Vec<RevokedSession>,
    /// Machine clients that were removed.
    pub clients: Vec<ClientId>,
    /// Machine tokens that were revoked.
    pub tokens: Vec<TokenId>,
}

/// A session whose access tokens do not count any more, or only some of them do.
#[derive(Clone, Copy, Debug)]
pub struct RevokedSession {
    /// The session.
    pub id: SessionId,
    /// True if it ended.
    pub ended: bool,
    /// Its access tokens issued up to then (seconds) are stale.
    pub tokens_not_before: Option<i64>,
}

impl Auth {
    /// What ended since `since`, and a little before: what others write may come late. Without
    /// `since`, or where it is too long ago, everything that a token could outlive.
    pub async fn revoked(&self, since: Option<Timestamp>) -> Result<Revoked, ServiceError> {
        let now = self.clock.now();
        let from = |memory: Duration| {
            let all = now.minus(memory);
            since.map_or(all, |since| since.max(all)).minus(OVERLAP)
        };
        let policy = self.policy();
        let changes = self.store.changes_since(from(policy.revocation_memory())).await?;
        let sessions = changes.into_iter().map(|change| RevokedSession {
            id: change.session,
            ended: change.ended,
            tokens_not_before: change.tokens_not_before.map(Timestamp::seconds_up),
        });
        let machines =
            self.store.machine_changes_since(from(policy.machine_revocation_memory())).await?;
        let mut revoked =
            Revoked { now, sessions: sessions.collect(), clients: Vec::new(), tokens: Vec::new() };
        for change in machines {
            match change {
                MachineChange::Removed(client, _) => revoked.clients.push(client),
                MachineChange::Revoked(token, _) => revoked.tokens.push(token),
            }
        }
        Ok(revoked)
    }

    /// How often to ask what ended.
    pub const fn revocation_poll(&self) -> Duration {
        self.settings.revocation_poll
    }

    /// Who has not been told for so long what ended is to open no door.
    pub fn revocation_bound(&self) -> Duration {
        self.settings.revocation_poll * 5 + LATE
    }
}
