//! Looking at the database, again and again: what others changed, and whether it is there.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{Auth, KeyServiceError};
use crate::{domain::clock::Timestamp, store::StoreError};

/// How far a look reaches back over the one before: writers' clocks and the order of commits differ.
pub(super) const OVERLAP: Duration = Duration::from_mins(1);

/// How far this clock and the database's may differ.
const MAX_CLOCK_DIFFERENCE: Duration = Duration::from_secs(2);

/// How late a look may be, beyond five polls, before readiness turns red.
pub(super) const LATE: Duration = Duration::from_secs(2);

/// A look that takes longer has failed.
const LONGEST_LOOK: Duration = Duration::from_secs(10);

/// Acknowledgements that take longer wait for the next time: nothing depends on them, a stop least.
const LONGEST_FLUSH: Duration = Duration::from_secs(5);

/// How often acknowledgements are written.
const FLUSH: Duration = Duration::from_millis(100);

/// How often counted refusals go to the log.
/// And how often what no longer matters is forgotten.
const REPORT: Duration = Duration::from_mins(1);

/// What the last look found.
#[derive(Debug, Default)]
pub(super) struct LastLook {
    /// When the last successful one began, milliseconds; 0 before the first.
    began: AtomicI64,
    failed: AtomicBool,
    clock_difference: AtomicI64,
    /// One look at a time: a slow one must not undo what a later one learnt.
    looking: tokio::sync::Mutex<()>,
}

/// Whether the service can do its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// Why not; empty if it can.
    pub problems: Vec<&'static str>,
    /// The age of the revocation set; `None` before the first look.
    pub revocations_age: Option<Duration>,
}

impl Auth {
    /// The look before the first request: makes missing keys, and fills the revocation set with
    /// everything that an access token could outlive.
    pub async fn first_look(&self) -> Result<(), KeyServiceError> {
        self.make_missing_keys().await?;
        self.look().await
    }

    /// Learns what other instances changed.
    pub async fn look(&self) -> Result<(), KeyServiceError> {
        let _one_at_a_time = self.last_look.looking.lock().await;
        let outcome = timeout(LONGEST_LOOK, self.try_look()).await;
        let outcome = outcome.unwrap_or(Err(StoreError::TimedOut.into()));
        self.last_look.failed.store(outcome.is_err(), Ordering::Relaxed);
        outcome
    }

    async fn try_look(&self) -> Result<(), KeyServiceError> {
        let began = self.clock.now();
        let difference = self.store.database_time().await?.millis() - self.clock.now().millis();
        self.last_look.clock_difference.store(difference, Ordering::Relaxed);
        let before = self.last_look.began.load(Ordering::Relaxed);
        let since = |memory: Duration| {
            let since =
                if before == 0 { began.minus(memory) } else { Timestamp::from_millis(before) };
            since.minus(OVERLAP)
        };
        let policy = self.policy();
        let changes = self.store.changes_since(since(policy.revocation_memory())).await?;
        self.revocations.apply(&changes, policy);
        self.revocations.purge(began);
        let memory = policy.machine_revocation_memory();
        let changes = self.store.machine_changes_since(since(memory)).await?;
        self.machine_revocations.apply(&changes, policy);
        self.machine_revocations.purge(began);
        self.read_keys(began).await?;
        self.last_look.began.store(began.millis(), Ordering::Relaxed);
        Ok(())
    }

    /// Forgets what no longer matters of machine clients.
    pub async fn purge_machines(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let since = now.minus(self.policy().machine_revocation_memory()).minus(OVERLAP);
        // Another instance's clock may be behind: there an assertion is still young.
        self.store.purge_machines(now.minus(OVERLAP), since).await
    }

    /// True once the database has been read: what ended is known, and the keys are.
    pub fn has_looked(&self) -> bool {
        self.last_look.began.load(Ordering::Relaxed) != 0
    }

    /// Whether the service can do its work now.
    pub fn readiness(&self) -> Readiness {
        let look = &self.last_look;
        let began = look.began.load(Ordering::Relaxed);
        let mut problems = Vec::new();
        if began == 0 {
            problems.push("starting: the database has not been read yet");
        } else if look.failed.load(Ordering::Relaxed) {
            problems.push("the database cannot be asked");
        }
        let difference = look.clock_difference.load(Ordering::Relaxed).unsigned_abs();
        if Duration::from_millis(difference) > MAX_CLOCK_DIFFERENCE {
            problems.push("this clock and the database's differ by more than 2 s");
        }
        let age = self.clock.now().since(Timestamp::from_millis(began));
        if began != 0 && age > self.settings.revocation_poll * 5 + LATE {
            problems.push("what ended elsewhere is not known: the last look is too long ago");
        }
        Readiness { problems, revocations_age: (began != 0).then_some(age) }
    }

    /// Writes first sights of body halves to their sessions.
    pub async fn flush_acknowledgements(&self) -> Result<(), StoreError> {
        while let Some((batch, at)) = self.acknowledgements.batch() {
            let written = timeout(LONGEST_FLUSH, self.store.acknowledge(&batch, at)).await;
            written.unwrap_or(Err(StoreError::TimedOut))?;
            self.acknowledgements.written(&batch);
        }
        Ok(())
    }
}

/// The background work of an instance.
#[derive(Clone, Debug)]
pub struct Watch(Arc<Auth>);

impl Watch {
    /// For `auth`.
    pub const fn new(auth: Arc<Auth>) -> Self {
        Self(auth)
    }

    /// Works until `stop`; writes what is still to be written then.
    pub async fn run_until(self, stop: impl Future<Output = ()>) {
        tokio::select! {
            () = self.look_for_ever() => {}
            () = self.flush_for_ever() => {}
            () = self.report_for_ever() => {}
            () = stop => {}
        }
        if let Err(error) = self.0.flush_acknowledgements().await {
            tracing::warn!(%error, "the last acknowledgements were not written");
        }
        self.0.refusals.report();
    }

    async fn look_for_ever(&self) {
        let mut ticks = ticks(self.0.settings.revocation_poll);
        let mut failing = false;
        loop {
            ticks.tick().await;
            match (self.0.look().await, failing) {
                (Err(error), false) => {
                    tracing::error!(%error, "the database cannot be read; going on with what is known");
                    failing = true;
                }
                (Ok(()), true) => {
                    tracing::info!("the database can be read again");
                    failing = false;
                }
                (Err(_), true) | (Ok(()), false) => {}
            }
        }
    }

    async fn flush_for_ever(&self) {
        let mut ticks = ticks(FLUSH);
        loop {
            ticks.tick().await;
            // Kept for the next try; the look says that the database is away.
            if let Err(error) = self.0.flush_acknowledgements().await {
                tracing::debug!(%error, "acknowledgements wait to be written");
            }
        }
    }

    async fn report_for_ever(&self) {
        let mut ticks = ticks(REPORT);
        loop {
            ticks.tick().await;
            self.0.refusals.report();
            if let Err(error) = self.0.purge_machines().await {
                tracing::debug!(%error, "what no longer matters is forgotten another time");
            }
        }
    }
}

fn ticks(period: Duration) -> tokio::time::Interval {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
