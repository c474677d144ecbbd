//! Pairs that have been verified need not be verified again.

use std::sync::Arc;

use quick_cache::sync::Cache;

use crate::{
    crypto::pair_key::{PairKey, PairNames},
    domain::{entropy::Entropy, pair::Pair},
};

/// The most pairs remembered: some 500 bytes each.
const CAPACITY: usize = 65_536;

/// Verified pairs by a keyed digest of both whole tokens. What depends on time or may change, the
/// session's end above all, is judged anew on every request.
#[derive(Debug)]
pub(super) struct PairCache {
    names: PairNames,
    pairs: Cache<PairKey, Verified>,
}

#[derive(Clone, Debug)]
struct Verified {
    pair: Arc<Pair>,
    /// The key rings it was verified with: a key that is revoked makes all of it worthless at once.
    epoch: u64,
}

impl PairCache {
    pub(super) fn new(entropy: &dyn Entropy) -> Self {
        Self { names: PairNames::new(entropy), pairs: Cache::new(CAPACITY) }
    }

    pub(super) fn name(&self, body: &str, cookie: &str) -> PairKey {
        self.names.name(body, cookie)
    }

    /// The pair `name`, if it was verified with the key rings of `epoch`.
    pub(super) fn get(&self, name: &PairKey, epoch: u64) -> Option<Arc<Pair>> {
        self.pairs.get(name).filter(|verified| verified.epoch == epoch).map(|found| found.pair)
    }

    pub(super) fn insert(&self, name: PairKey, pair: Arc<Pair>, epoch: u64) {
        self.pairs.insert(name, Verified { pair, epoch });
    }
}
