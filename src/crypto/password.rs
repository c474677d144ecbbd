//! Argon2id (RFC 9106): hashing passwords on blocking threads, a bounded number at a time.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use argon2::{Algorithm, Argon2, Block, Params, PasswordHash, Version};
use tokio::sync::Semaphore;

use super::argon2id::{dummy, is_cheaper, matches, phc, tag};
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
    memory: Arc<Memory>,
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
            memory: Arc::default(),
            dummy,
        })
    }

    /// The PHC string of `password`, with a fresh 16-byte salt.
    pub async fn hash(&self, password: &Password) -> Result<String, HashError> {
        let salt: [u8; 16] = entropy::bytes(&*self.entropy);
        let (argon2, password) = (self.argon2.clone(), password.clone());
        self.run(move |memory| {
            tag(&argon2, password.expose(), &salt, Params::DEFAULT_OUTPUT_LEN, memory)
                .and_then(|tag| phc(argon2.params(), &salt, &tag))
                .ok_or(HashError::Failed)
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
        self.run(move |memory| {
            let hash = PasswordHash::new(&stored).map_err(|_| HashError::Failed)?;
            let right = matches(&hash, password.expose(), memory).ok_or(HashError::Failed)?;
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
        work: impl FnOnce(&mut Vec<Block>) -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let place = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| HashError::Busy)?;
        let thread =
            Arc::clone(&self.threads).acquire_owned().await.map_err(|_| HashError::Failed)?;
        let memory = Arc::clone(&self.memory);
        // The permits go along: a caller that gives up does not make room for one more thread.
        let hashing = tokio::task::spawn_blocking(move || {
            let _permits = (place, thread);
            memory.with(work)
        });
        hashing.await.map_err(|_| HashError::Failed)?
    }
}

impl fmt::Debug for PasswordHasherPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHasherPool")
    }
}

/// The memory that hashes are computed in, kept from one to the next: the system's allocator would
/// keep some for every thread that ever hashed. Never more than there are hashing threads.
#[derive(Default)]
struct Memory(Mutex<Vec<Vec<Block>>>);

impl Memory {
    fn with<T>(&self, work: impl FnOnce(&mut Vec<Block>) -> T) -> T {
        let mut memory = self.idle(Vec::pop).unwrap_or_default();
        let result = work(&mut memory);
        self.idle(|idle| idle.push(memory));
        result
    }

    fn idle<T>(&self, act: impl FnOnce(&mut Vec<Vec<Block>>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use argon2::PasswordHasher;
    use futures_util::FutureExt;

    use super::*;
    use crate::domain::entropy::OsEntropy;

    const CHEAP: HashCost = HashCost { memory: 64, iterations: 1, lanes: 1 };

    fn pool(cost: HashCost, threads: usize) -> PasswordHasherPool {
        PasswordHasherPool::new(cost, threads, Arc::new(OsEntropy)).unwrap()
    }

    fn typed(text: &str) -> Password {
        Password::typed(text).unwrap()
    }

    /// Runs every task that can run: the test runtime has one thread.
    async fn let_the_others_go_on() {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn memory_is_kept_for_as_many_as_hash_at_once() {
        let pool = pool(CHEAP, 2);
        let password = typed("correct horse battery staple");
        futures_util::future::join_all((0..20).map(|_| pool.hash(&password))).await;
        assert!((1..=2).contains(&pool.memory.idle(|idle| idle.len())));
    }

    #[tokio::test]
    async fn the_password_is_right_and_no_other() {
        let pool = pool(CHEAP, 1);
        let password = typed("correct horse battery staple");
        let stored = pool.hash(&password).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{stored}");
        assert_ne!(pool.hash(&password).await.unwrap(), stored, "a salt for each");
        assert_eq!(pool.verify(&password, Some(&stored)).await, Ok(Verdict::Right));
        for other in ["", "correct horse battery stapl", "correct horse battery staple "] {
            assert_eq!(pool.verify(&typed(other), Some(&stored)).await, Ok(Verdict::Wrong));
        }
        // Composed or not, it is the same text.
        let composed = pool.hash(&typed("caf\u{e9}")).await.unwrap();
        assert_eq!(pool.verify(&typed("cafe\u{301}"), Some(&composed)).await, Ok(Verdict::Right));
    }

    #[tokio::test]
    async fn nobody_has_no_password_and_it_takes_as_long_to_say_so() {
        let cost = HashCost { memory: 128, iterations: 2, lanes: 2 };
        let pool = pool(cost, 1);
        for text in ["", "x", "correct horse battery staple"] {
            assert_eq!(pool.verify(&typed(text), None).await, Ok(Verdict::Wrong));
        }
        // The same work: what is checked instead has the parameters and lengths of a real hash.
        let real = pool.hash(&typed("x")).await.unwrap();
        let shape = |text: &str| {
            let hash = PasswordHash::new(text).unwrap();
            let params = Params::try_from(&hash).unwrap();
            let costs = (params.m_cost(), params.t_cost(), params.p_cost());
            let length = |text: &str| text.rsplit('$').take(2).map(str::len).collect::<Vec<_>>();
            (costs, length(text), text.split('$').nth(1).unwrap().to_owned())
        };
        assert_eq!(shape(&pool.dummy), shape(&real));
        // Who knew a password of the dummy would still not get in.
        assert_eq!(pool.verify(&typed("x"), Some(&pool.dummy)).await, Ok(Verdict::Wrong));
    }

    #[tokio::test]
    async fn a_cheaper_hash_is_good_and_due_for_another() {
        let password = typed("x");
        let today = HashCost { memory: 128, iterations: 2, lanes: 2 };
        for (then, verdict) in [
            (today, Verdict::Right),
            (HashCost { memory: 256, iterations: 3, lanes: 3 }, Verdict::Right),
            (HashCost { memory: 127, ..today }, Verdict::RightButCheap),
            (HashCost { iterations: 1, ..today }, Verdict::RightButCheap),
            (HashCost { lanes: 1, ..today }, Verdict::RightButCheap),
            (HashCost { memory: 256, iterations: 1, lanes: 4 }, Verdict::RightButCheap),
        ] {
            let stored = pool(then, 1).hash(&password).await.unwrap();
            let pool = pool(today, 1);
            assert_eq!(pool.verify(&password, Some(&stored)).await, Ok(verdict), "{then:?}");
            assert_eq!(pool.verify(&typed("y"), Some(&stored)).await, Ok(Verdict::Wrong));
        }
    }

    #[tokio::test]
    async fn another_variant_of_argon2_is_due_for_another_hash() {
        let params = Params::new(64, 1, 1, None).unwrap();
        let argon2i = Argon2::new(Algorithm::Argon2i, Version::V0x13, params);
        let stored = argon2i.hash_password_with_salt(b"x", &[1; 16]).unwrap().to_string();
        let verdict = pool(CHEAP, 1).verify(&typed("x"), Some(&stored)).await;
        assert_eq!(verdict, Ok(Verdict::RightButCheap));
    }

    #[tokio::test]
    async fn what_is_no_hash_opens_nothing() {
        let pool = pool(CHEAP, 1);
        let good = pool.hash(&typed("x")).await.unwrap();
        let (salted, _) = good.rsplit_once('$').unwrap();
        for bad in ["", "x", "$argon2id$", &good[1..], salted, "$2b$12$abcdefghijklmnopqrstuv"] {
            let verdict = pool.verify(&typed("x"), Some(bad)).await;
            assert!(matches!(verdict, Err(HashError::Failed) | Ok(Verdict::Wrong)), "{bad}");
        }
    }

    #[test]
    fn a_cost_outside_the_bounds_of_argon2_is_refused() {
        for (memory, iterations, lanes) in [(0, 1, 1), (7, 1, 1), (64, 0, 1), (64, 1, 0), (8, 1, 2)]
        {
            let cost = HashCost { memory, iterations, lanes };
            let pool = PasswordHasherPool::new(cost, 1, Arc::new(OsEntropy));
            assert_eq!(pool.err(), Some(HashError::Parameters), "{cost:?}");
        }
    }

    #[tokio::test]
    async fn beyond_thread_and_queue_everybody_is_sent_away() {
        let pool = pool(CHEAP, 1);
        // The one thread is taken: whoever comes waits.
        let thread = Arc::clone(&pool.threads).acquire_owned().await.unwrap();
        let mut waiting = Vec::new();
        for _ in 0..=QUEUE_PER_THREAD {
            let pool = pool.clone();
            waiting.push(tokio::spawn(async move { pool.hash(&typed("x")).await }));
        }
        let_the_others_go_on().await;
        assert_eq!(pool.hash(&typed("x")).now_or_never(), Some(Err(HashError::Busy)));
        assert_eq!(pool.verify(&typed("x"), None).now_or_never(), Some(Err(HashError::Busy)));
        // Who gives up makes room.
        waiting.pop().unwrap().abort();
        let_the_others_go_on().await;
        assert_eq!(pool.waiting.available_permits(), 1);
        drop(thread);
        for caller in waiting {
            assert!(caller.await.unwrap().is_ok());
        }
        assert!(pool.hash(&typed("x")).await.is_ok());
        assert_eq!(pool.waiting.available_permits(), QUEUE_PER_THREAD + 1);
    }

    #[tokio::test]
    async fn a_caller_that_gives_up_while_hashing_keeps_the_thread_to_the_end() {
        let pool = pool(HashCost { memory: 4096, iterations: 20, lanes: 1 }, 1);
        let hashing = {
            let pool = pool.clone();
            tokio::spawn(async move { pool.hash(&typed("x")).await })
        };
        let_the_others_go_on().await;
        assert_eq!(pool.threads.available_permits(), 0);
        hashing.abort();
        assert!(hashing.await.unwrap_err().is_cancelled());
        assert_eq!(pool.threads.available_permits(), 0, "the thread still works");
        drop(pool.threads.acquire().await.unwrap());
        assert_eq!(pool.waiting.available_permits(), QUEUE_PER_THREAD + 1);
    }

    #[test]
    fn debug_tells_nothing() {
        assert_eq!(format!("{:?}", pool(CHEAP, 1)), "PasswordHasherPool");
    }
}
