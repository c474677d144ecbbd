//! Ed25519 keys (RFC 8032, RFC 8037).

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{SigningKey as DalekSigningKey, VerifyingKey, pkcs8::DecodePrivateKey};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::domain::entropy::{self, Entropy};

/// Why a key is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not 32 bytes, or no canonical point of the curve.
    #[error("not an Ed25519 key: 32 bytes that encode a point of the curve are needed")]
    Malformed,
    /// A point of small order: signatures under it prove nothing.
    #[error("a weak Ed25519 key: its point has a small order")]
    Weak,
    /// Not a PKCS#8 private key in PEM.
    #[error(
        "not an Ed25519 private key in PKCS#8 PEM; make one with `openssl genpkey -algorithm ed25519`"
    )]
    Pem,
}

/// A public key that can verify: canonical and not weak.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Takes the 32 bytes of RFC 8032 section 5.1.2.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| KeyError::Malformed)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::Malformed)?;
        // Decompression accepts non-canonical spellings of some points: one key, one spelling.
        if key.to_edwards().compress().as_bytes() != &bytes {
            return Err(KeyError::Malformed);
        }
        if key.is_weak() { Err(KeyError::Weak) } else { Ok(Self(key)) }
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The JWK member `x`: base64url of the 32 bytes (RFC 8037 section 2).
    pub fn x(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.as_bytes())
    }

    /// The JWK thumbprint (RFC 7638, RFC 8037 section 2), our `kid`.
    pub fn thumbprint(&self) -> String {
        let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, self.x());
        URL_SAFE_NO_PAD.encode(Sha256::digest(jwk))
    }

    /// Strict verification: canonical `S`, no small-order `R`, cofactorless (RFC 8032 section
    /// 5.1.7 with the checks that make signatures unique).
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.thumbprint())
    }
}

/// A private key. Wiped from memory when dropped; `Debug` shows the thumbprint.
#[derive(Clone)]
pub struct SigningKey(DalekSigningKey);

impl SigningKey {
    /// A fresh key.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(DalekSigningKey::from_bytes(&Zeroizing::new(entropy::bytes(entropy))))
    }

    /// The key with this seed (RFC 8032 section 5.1.5): exactly 32 bytes.
    pub fn from_seed(seed: &[u8]) -> Result<Self, KeyError> {
        let seed = <&[u8; 32]>::try_from(seed).map_err(|_| KeyError::Malformed)?;
        Self(DalekSigningKey::from_bytes(seed)).checked()
    }

    /// Reads a private key in PKCS#8 PEM (RFC 8410 section 7).
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        DalekSigningKey::from_pkcs8_pem(pem).map_err(|_| KeyError::Pem).map(Self)?.checked()
    }

    fn checked(self) -> Result<Self, KeyError> {
        PublicKey::from_bytes(self.0.verifying_key().as_bytes()).map(|_| self)
    }

    /// The seed.
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public key.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The 64 bytes of a signature.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        use ed25519_dalek::Signer;
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public().thumbprint())
    }
}
