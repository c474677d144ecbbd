//! The master key, and what is derived from it.

use chacha20poly1305::{
    Key, XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::domain::{
    entropy::{self, Entropy},
    secret::Secret,
};

/// 32 bytes that are not in the database. Two keys are derived from them: one seals signing keys,
/// one authenticates refresh tokens.
pub type MasterKey = Secret<[u8; 32]>;

/// A key derived from a master key (HKDF-SHA-256, RFC 5869) for one purpose.
pub(super) struct Derived {
    /// The key.
    pub(super) key: Zeroizing<[u8; 32]>,
    /// Names the key: the first byte of its SHA-256.
    pub(super) id: u8,
}

pub(super) fn derive(master: &MasterKey, purpose: &[u8]) -> Derived {
    let mut key = Zeroizing::new([0; 32]);
    // 32 bytes are far below HKDF's limit of 255 blocks.
    let expanded = Hkdf::<Sha256>::new(None, master.expose()).expand(purpose, key.as_mut_slice());
    debug_assert!(expanded.is_ok());
    let [id, ..] = Sha256::digest(key.as_slice()).0;
    Derived { key, id }
}

/// A sealed value does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("sealed under a master key that is not configured, or altered")]
pub struct OpenError;

/// Seals private keys at rest (XChaCha20-Poly1305). Wire format:
/// `key id(1) ‖ nonce(24) ‖ ciphertext and tag`.
pub struct Sealer {
    /// The first seals; all open.
    keys: Vec<Derived>,
}

impl Sealer {
    /// Seals under `main`, opens what `main` or one of `accepted` sealed.
    pub fn new(main: &MasterKey, accepted: &[MasterKey]) -> Self {
        let keys = std::iter::once(main).chain(accepted).map(|key| derive(key, b"tandem seal 1"));
        Self { keys: keys.collect() }
    }

    /// Seals `plain`, bound to `context`: it opens only with the same one.
    pub fn seal(&self, plain: &[u8], context: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
        let nonce: [u8; 24] = entropy::bytes(entropy);
        let sealed = self.keys.first().and_then(|derived| {
            let body = cipher(derived)
                .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: context })
                .ok()?;
            Some([&[derived.id], nonce.as_slice(), &body].concat())
        });
        sealed.unwrap_or_default()
    }

    /// Opens what [`Sealer::seal`] made.
    pub fn open(&self, sealed: &[u8], context: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (id, rest) = sealed.split_first().ok_or(OpenError)?;
        let (nonce, body) = rest.split_first_chunk::<24>().ok_or(OpenError)?;
        self.keys
            .iter()
            .filter(|derived| derived.id == *id)
            .find_map(|derived| {
                cipher(derived)
                    .decrypt(&XNonce::from(*nonce), Payload { msg: body, aad: context })
                    .ok()
            })
            .map(Zeroizing::new)
            .ok_or(OpenError)
    }
}

fn cipher(derived: &Derived) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*derived.key))
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entropy::OsEntropy;

    #[test]
    fn opens_only_with_the_right_key_and_context() {
        let [a, b] = [1, 2].map(|n| MasterKey::new([n; 32]));
        let first = Sealer::new(&a, &[]);
        let sealed = first.seal(b"seed", b"body kid", &OsEntropy);
        assert_eq!(first.open(&sealed, b"body kid").unwrap().as_slice(), b"seed");
        assert_eq!(first.open(&sealed, b"cookie kid"), Err(OpenError));
        assert_eq!(Sealer::new(&b, &[]).open(&sealed, b"body kid"), Err(OpenError));
        assert!(Sealer::new(&b, &[a]).open(&sealed, b"body kid").is_ok());
        for cut in [0, 1, 24, 25, sealed.len() - 1] {
            assert_eq!(first.open(&sealed[..cut], b"body kid"), Err(OpenError));
        }
        assert!(!sealed.windows(4).any(|w| w == b"seed"));
    }
}
