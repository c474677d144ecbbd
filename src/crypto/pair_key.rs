//! The name under which a verified pair is remembered.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::mac;
use crate::domain::entropy::{self, Entropy};

/// HMAC-SHA-256 over both whole tokens: 256 bits, so that no two pairs share a name and the memory of
/// the process holds no token.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PairKey([u8; 32]);

impl fmt::Debug for PairKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PairKey")
    }
}

/// Names pairs, under a key drawn once a process.
#[derive(Clone)]
pub struct PairNames(Hmac<Sha256>);

impl PairNames {
    /// A fresh key.
    pub fn new(entropy: &dyn Entropy) -> Self {
        Self(mac(&entropy::bytes(entropy)))
    }

    /// The name of this pair.
    pub fn name(&self, body: &str, cookie: &str) -> PairKey {
        let mut mac = self.0.clone();
        // The length first: no two splits of one text are the same pair.
        mac.update(&body.len().to_le_bytes());
        mac.update(body.as_bytes());
        mac.update(&cookie.len().to_le_bytes());
        mac.update(cookie.as_bytes());
        PairKey(mac.finalize().into_bytes().0)
    }
}

impl fmt::Debug for PairNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PairNames")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entropy::OsEntropy;

    #[test]
    fn the_name_is_of_both_tokens_in_their_places() {
        let names = PairNames::new(&OsEntropy);
        assert_eq!(names.name("a", "b"), names.name("a", "b"));
        for other in [("b", "a"), ("ab", ""), ("", "ab"), ("a", "c"), ("c", "b")] {
            assert_ne!(names.name("a", "b"), names.name(other.0, other.1));
        }
        assert_ne!(names.name("a", "b"), PairNames::new(&OsEntropy).name("a", "b"));
    }
}
