//! Ed25519 for `jsonwebtoken`, and nothing else: there is no other algorithm left to confuse.
//!
//! The library asks its provider, a process-wide table of plain functions, for a signer or verifier
//! on every call, and gives it the bytes of a key. Parsing those again costs as much as a signature.
//! So what we hand the library is only a *handle*, the 32 bytes of the public key; the prepared keys
//! wait here. The private part never enters the library.

use std::{
    collections::HashMap,
    sync::{LazyLock, PoisonError, RwLock},
};

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{Error, ErrorKind},
    signature,
};

use super::keys::{PublicKey, SigningKey};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: signer,
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

/// The cryptography of this process is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// Somebody else was first.
    #[error("another crypto provider for JSON Web Tokens is already installed in this process")]
    Foreign,
    /// A check of strictness failed.
    #[error("the Ed25519 implementation failed its self-test: {0}")]
    SelfTest(&'static str),
}

/// Installs the provider, once a process, and proves that it is in force and strict.
pub fn install() -> Result<(), ProviderError> {
    static INSTALLED: LazyLock<bool> = LazyLock::new(|| PROVIDER.install_default().is_ok());
    if !*INSTALLED {
        return Err(ProviderError::Foreign);
    }
    self_test()
}

#[derive(Clone)]
struct Prepared {
    public: PublicKey,
    signing: Option<SigningKey>,
}

static PREPARED: LazyLock<RwLock<HashMap<[u8; 32], Prepared>>> = LazyLock::new(RwLock::default);

/// Makes a key known for verification; gives its handle.
pub(super) fn prepare_public(public: PublicKey) -> DecodingKey {
    let mut keys = PREPARED.write().unwrap_or_else(PoisonError::into_inner);
    keys.entry(*public.as_bytes()).or_insert(Prepared { public, signing: None });
    DecodingKey::from_ed_der(public.as_bytes())
}

/// Makes a key known for signing; gives its handle.
pub(super) fn prepare_signing(signing: SigningKey) -> EncodingKey {
    let public = signing.public();
    let prepared = Prepared { public, signing: Some(signing) };
    PREPARED.write().unwrap_or_else(PoisonError::into_inner).insert(*public.as_bytes(), prepared);
    EncodingKey::from_ed_der(public.as_bytes())
}

fn prepared<T>(handle: &[u8], pick: impl FnOnce(&Prepared) -> Option<T>) -> Option<T> {
    pick(PREPARED.read().unwrap_or_else(PoisonError::into_inner).get(handle)?)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the library's signature")]
fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    only_eddsa(*algorithm)?;
    let key = prepared(key.as_bytes(), |prepared| prepared.signing.clone());
    match key {
        Some(key) => Ok(Box::new(Signer(key))),
        None => Err(ErrorKind::InvalidEddsaKey.into()),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the library's signature")]
fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    only_eddsa(*algorithm)?;
    let key = prepared(key.try_get_as_bytes()?, |prepared| Some(prepared.public));
    match key {
        Some(key) => Ok(Box::new(Verifier(key))),
        None => Err(ErrorKind::InvalidEddsaKey.into()),
    }
}

fn only_eddsa(algorithm: Algorithm) -> Result<(), Error> {
    if algorithm == Algorithm::EdDSA { Ok(()) } else { Err(ErrorKind::InvalidAlgorithm.into()) }
}

struct Signer(SigningKey);

impl signature::Signer<Vec<u8>> for Signer {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(self.0.sign(message).to_vec())
    }
}

impl JwtSigner for Signer {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

struct Verifier(PublicKey);

impl signature::Verifier<Vec<u8>> for Verifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        if self.0.verify(message, signature) { Ok(()) } else { Err(signature::Error::new()) }
    }
}

impl JwtVerifier for Verifier {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

/// RFC 8037 appendix A.1 and A.4: seed, public key, and the signature of a known message.
const SEED: [u8; 32] = [
    0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4,
    0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
];
const MESSAGE: &[u8] = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
const SIGNATURE: &str =
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

/// The order of the base point, little endian: `S + L` is the other spelling of a signature that a
/// lax verifier takes (RFC 8032 section 8.4).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

fn self_test() -> Result<(), ProviderError> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let check = |good: bool, what| if good { Ok(()) } else { Err(ProviderError::SelfTest(what)) };

    let key = SigningKey::from_seed(&SEED).map_err(|_| ProviderError::SelfTest("seed"))?;
    let handle = prepare_public(key.public());
    let verify = |signature: &str, algorithm| {
        jsonwebtoken::crypto::verify(signature, MESSAGE, &handle, algorithm).unwrap_or(false)
    };
    let mut malleable = key.sign(MESSAGE);
    check(URL_SAFE_NO_PAD.encode(malleable) == SIGNATURE, "signing the RFC 8037 message")?;
    check(verify(SIGNATURE, Algorithm::EdDSA), "verifying the RFC 8037 signature")?;
    check(!verify(SIGNATURE, Algorithm::HS256), "refusing another algorithm")?;

    let mut carry = 0;
    for (s, l) in malleable.iter_mut().skip(32).zip(ORDER) {
        let sum = u16::from(*s) + u16::from(l) + carry;
        [*s, _] = sum.to_le_bytes();
        carry = sum >> 8;
    }
    check(!verify(&URL_SAFE_NO_PAD.encode(malleable), Algorithm::EdDSA), "refusing S + L")?;

    // The identity: with it as key and R, and S = 0, the plain equation holds for any message.
    let mut identity = [0; 32];
    identity[0] = 1;
    check(PublicKey::from_bytes(&identity).is_err(), "refusing a weak key")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn installs_any_number_of_times() {
        assert_eq!(install(), Ok(()));
        assert_eq!(install(), Ok(()));
    }

    #[test]
    fn a_key_nobody_prepared_does_nothing() {
        install().unwrap();
        let stranger = SigningKey::from_seed(&[7; 32]).unwrap();
        let key = EncodingKey::from_ed_der(stranger.public().as_bytes());
        assert!(jsonwebtoken::crypto::sign(b"x", &key, Algorithm::EdDSA).is_err());
        let prepared = prepare_signing(stranger);
        assert!(jsonwebtoken::crypto::sign(b"x", &prepared, Algorithm::EdDSA).is_ok());
        assert!(jsonwebtoken::crypto::sign(b"x", &prepared, Algorithm::HS256).is_err());
    }
}
