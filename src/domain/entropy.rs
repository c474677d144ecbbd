//! Randomness as a parameter.

use std::fmt;

use rand::{TryRng, rngs::SysRng};

/// Where unpredictable bytes come from.
pub trait Entropy: Send + Sync + fmt::Debug {
    /// Fills `bytes` with unpredictable bytes.
    fn fill(&self, bytes: &mut [u8]);
}

/// `N` fresh bytes from `entropy`.
pub fn bytes<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    /// # Panics
    /// If the operating system cannot provide randomness: nothing safe can be issued then.
    #[expect(clippy::expect_used, reason = "a service without randomness must not go on")]
    fn fill(&self, bytes: &mut [u8]) {
        SysRng.try_fill_bytes(bytes).expect("the operating system's random generator failed");
    }
}
