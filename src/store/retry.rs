//! Beginning anew what the database backed out of.

use std::{future::Future, time::Duration};

use tokio::time::Instant;

use super::StoreError;

/// How often a transaction is tried before its failure is told.
const ATTEMPTS: usize = 5;

/// The time within which it is tried again: nothing is to happen long after whoever asked for it has
/// been told that it could not be done. Waiting for a lock may use up all of it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Repeats `attempt` while the database backs out of it ([`StoreError::Contended`]), up to five times
/// in all and within five seconds; any other outcome is given at once. Each attempt is to begin a
/// transaction of its own and to load again what it goes by: what the one before has read may no longer
/// be so.
pub async fn retry<T, F>(mut attempt: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let began = Instant::now();
    for _ in 1..ATTEMPTS {
        match attempt().await {
            Err(StoreError::Contended(error)) if began.elapsed() < PATIENCE => {
                tracing::debug!(%error, "a transaction is begun anew");
            }
            outcome => return outcome,
        }
    }
    attempt().await
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use sea_orm::DbErr;

    use super::*;

    /// What becomes of a transaction that fails with `error` for the first `failures` times, and how
    /// often it is tried.
    async fn tried(failures: usize, error: fn() -> StoreError) -> (Result<(), StoreError>, usize) {
        let count = Cell::new(0);
        let outcome = retry(|| {
            count.set(count.get() + 1);
            let outcome = if count.get() > failures { Ok(()) } else { Err(error()) };
            async { outcome }
        });
        (outcome.await, count.get())
    }

    fn contended() -> StoreError {
        StoreError::Contended(DbErr::Custom("others were in the way".to_owned()))
    }

    #[tokio::test]
    async fn the_first_success_is_the_last_attempt() {
        for failures in 0..ATTEMPTS {
            let (outcome, count) = tried(failures, contended).await;
            assert!(outcome.is_ok(), "{outcome:?}");
            assert_eq!(count, failures + 1);
        }
    }

    #[tokio::test]
    async fn attempts_have_an_end() {
        let (outcome, count) = tried(usize::MAX, contended).await;
        assert!(matches!(outcome, Err(StoreError::Contended(_))), "{outcome:?}");
        assert_eq!(count, ATTEMPTS);
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_waited_long_is_not_made_to_wait_again() {
        let count = Cell::new(0);
        let outcome = retry(|| {
            count.set(count.get() + 1);
            async {
                tokio::time::sleep(Duration::from_secs(2)).await;
                Err::<(), _>(contended())
            }
        });
        assert!(matches!(outcome.await, Err(StoreError::Contended(_))));
        assert_eq!(count.get(), 3);
    }

    #[tokio::test]
    async fn other_failures_are_told_at_once() {
        let others: [fn() -> StoreError; 5] = [
            || StoreError::Unavailable(DbErr::Custom("away".to_owned())),
            || StoreError::TimedOut,
            || StoreError::Conflict,
            || StoreError::Inconsistent("a table"),
            || StoreError::Refused(DbErr::Custom("a defect".to_owned())),
        ];
        for error in others {
            let (outcome, count) = tried(usize::MAX, error).await;
            assert_eq!(outcome.unwrap_err().to_string(), error().to_string());
            assert_eq!(count, 1);
        }
    }
}
