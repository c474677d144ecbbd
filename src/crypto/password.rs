//! Argon2id (RFC 9106): hashing passwords on blocking threads, a bounded number at a time.

use std::{fmt, sync::Arc};

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;

use crate::domain::{
    entropy::{self, Entropy},
    password::Password,
};

/// How many callers may wait for each hashing thread.
const QUEUE_PER_THREAD: usize = 32;

/// The cost of a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashCost {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes over it.
    pub iterations: u32,
    /// Lanes.
    pub lanes: u32,
}

/// A password was not hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many are waiting.
    #[error("too many passwords are being checked at once")]
    Busy,
    /// The parameters are outside Argon2's bounds.
    #[error("the Argon2id parameters are out of range")]
    Parameters,
    /// The hashing thread failed.
    #[error("password hashing failed")]
    Failed,
}

/// What became of a password check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not the password.
    Wrong,
    /// The password.
    Right,
    /// The password, hashed at a lower cost than today's: hash it again.
    RightButCheap,
}

/// Hashes and checks passwords. Stored form: PHC strings.
#[derive(Clone)]
pub struct PasswordHasherPool {
    argon2: Argon2<'static>,
    entropy: Arc<dyn Entropy>,
    threads: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// Checked in place of a user's hash where there is no such user: both take the same time.
    dummy: Arc<str>,
}

impl PasswordHasherPool {
    /// A pool of `threads` hashing threads at `cost`.
    ///
    /// # Errors
    /// [`HashError::Parameters`] if Argon2 does not take `cost`.
    pub fn new(
        cost: HashCost,
        threads: usize,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, HashError> {
        let params = Params::new(cost.memory, cost.iterations, cost.lanes, None)
            .map_err(|_| HashError::Parameters)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let dummy = dummy(argon2.params()).into();
        let places = threads.saturating_mul(QUEUE_PER_THREAD + 1);
        Ok(Self {
            argon2,
            entropy,
            threads: Arc::new(Semaphore::new(threads)),
            waiting: Arc::new(Semaphore::new(places)),
            dummy,
        })
    }

    /// The PHC string of `password`, with a fresh 16-byte salt.
    pub async fn hash(&self, password: &Password) -> Result<String, HashError> {
        let salt: [u8; 16] = entropy::bytes(&*self.entropy);
        let (argon2, password) = (self.argon2.clone(), password.clone());
        self.run(move || {
            argon2
                .hash_password_with_salt(password.expose(), &salt)
                .map(|hash| hash.to_string())
                .map_err(|_| HashError::Failed)
        })
        .await
    }

    /// Checks `password` against a stored PHC string; without one, works as long and says no.
    pub async fn verify(
        &self,
        password: &Password,
        stored: Option<&str>,
    ) -> Result<Verdict, HashError> {
        let known = stored.is_some();
        let stored = stored.unwrap_or(&self.dummy).to_owned();
        let (argon2, password) = (self.argon2.clone(), password.clone());
        self.run(move || {
            let hash = PasswordHash::new(&stored).map_err(|_| HashError::Failed)?;
            let right = argon2.verify_password(password.expose(), &hash).is_ok();
            Ok(match (right && known, is_cheaper(&hash, argon2.params())) {
                (false, _) => Verdict::Wrong,
                (true, false) => Verdict::Right,
                (true, true) => Verdict::RightButCheap,
            })
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let place = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| HashError::Busy)?;
        let thread =
            Arc::clone(&self.threads).acquire_owned().await.map_err(|_| HashError::Failed)?;
        // The permits go along: a caller that gives up does not make room for one more thread.
        let hashing = tokio::task::spawn_blocking(move || {
            let _permits = (place, thread);
            work()
        });
        hashing.await.map_err(|_| HashError::Failed)?
    }
}

impl fmt::Debug for PasswordHasherPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHasherPool")
    }
}

/// A hash of nothing, of the same cost as a real one.
fn dummy(params: &Params) -> String {
    let (m, t, p) = (params.m_cost(), params.t_cost(), params.p_cost());
    let (salt, hash) = ("A".repeat(22), "A".repeat(43));
    format!("$argon2id$v=19$m={m},t={t},p={p}${salt}${hash}")
}

/// True if any parameter of `hash` lies below today's, or it is not Argon2id at all.
fn is_cheaper(hash: &PasswordHash, today: &Params) -> bool {
    let Ok(then) = Params::try_from(hash) else { return true };
    hash.algorithm.as_str() != "argon2id"
        || then.m_cost() < today.m_cost()
        || then.t_cost() < today.t_cost()
        || then.p_cost() < today.p_cost()
}
