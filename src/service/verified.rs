//! Credentials that have been verified need not be verified again.

use std::{fmt, sync::Arc};

use quick_cache::sync::Cache;

use crate::{
    crypto::pair_key::{PairKey, PairNames},
    domain::entropy::Entropy,
};

/// The most pairs remembered: some 500 bytes each.
pub(super) const PAIRS: usize = 65_536;
/// The most machine tokens remembered.
pub(super) const MACHINES: usize = 4096;

/// What was verified, by a keyed digest of the whole tokens. What depends on time or may change, the
/// session's end above all, is judged anew on every request.
pub(super) struct Verified<T> {
    names: PairNames,
    known: Cache<PairKey, Entry<T>>,
}

struct Entry<T> {
    value: Arc<T>,
    /// The key rings it was verified with: a key that is revoked makes all of it worthless at once.
    epoch: u64,
}

impl<T> Clone for Entry<T> {
    fn clone(&self) -> Self {
        Self { value: Arc::clone(&self.value), epoch: self.epoch }
    }
}

impl<T> Verified<T> {
    pub(super) fn new(capacity: usize, entropy: &dyn Entropy) -> Self {
        Self { names: PairNames::new(entropy), known: Cache::new(capacity) }
    }

    /// The name of a pair; of a single token, with nothing beside it.
    pub(super) fn name(&self, body: &str, cookie: &str) -> PairKey {
        self.names.name(body, cookie)
    }

    /// What was verified as `name` with the key rings of `epoch`.
    pub(super) fn get(&self, name: &PairKey, epoch: u64) -> Option<Arc<T>> {
        self.known.get(name).filter(|entry| entry.epoch == epoch).map(|entry| entry.value)
    }

    pub(super) fn insert(&self, name: PairKey, value: Arc<T>, epoch: u64) {
        self.known.insert(name, Entry { value, epoch });
    }
}

impl<T> fmt::Debug for Verified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verified")
    }
}
