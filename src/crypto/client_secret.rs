//! Secrets of machine clients: made here, shown once, stored as a digest.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::domain::entropy::{self, Entropy};

/// Fixed, so that secret scanners find leaked secrets.
const PREFIX: &str = "tdm_sec_";

/// The secret of a client: 256 bits. Wiped when dropped; `Debug` tells nothing.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct ClientSecret([u8; 32]);

impl ClientSecret {
    /// A fresh secret.
    pub fn random(entropy: &dyn Entropy) -> Self {
        Self(entropy::bytes(entropy))
    }

    /// Reads what [`ClientSecret::reveal`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        let encoded = text.strip_prefix(PREFIX)?;
        let length = URL_SAFE_NO_PAD.decode_slice(encoded, bytes.as_mut_slice());
        (length == Ok(32)).then(|| Self(*bytes))
    }

    /// The text to hand to the client: `tdm_sec_` and base64url of the 32 bytes.
    pub fn reveal(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + 43));
        text.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_string(self.0, &mut text);
        text
    }

    /// What the database keeps.
    pub fn hash(&self) -> ClientSecretHash {
        ClientSecretHash(Sha256::digest(self.0).0)
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// SHA-256 of a secret. Its 256 bits of entropy make a slow hash pointless.
#[derive(Clone, Copy)]
pub struct ClientSecretHash([u8; 32]);

impl ClientSecretHash {
    /// Reads a stored hash; `None` unless it is base64url of 32 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The text to store: base64url.
    pub fn to_text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// True if this is the hash of `secret`, compared in constant time.
    pub fn matches(&self, secret: &ClientSecret) -> bool {
        self.0.ct_eq(&secret.hash().0).into()
    }
}

impl fmt::Debug for ClientSecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hash]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entropy::OsEntropy;

    #[test]
    fn a_secret_reads_back_and_says_nothing_of_itself() {
        let secret = ClientSecret::random(&OsEntropy);
        let text = secret.reveal();
        assert_eq!(text.len(), 51);
        assert!(secret.hash().matches(&ClientSecret::parse(&text).unwrap()));
        assert!(!secret.hash().matches(&ClientSecret::random(&OsEntropy)));
        for bad in ["", PREFIX, &text[1..], &text[..50], &format!("{}A", *text)] {
            assert!(ClientSecret::parse(bad).is_none(), "{bad}");
        }
        assert_eq!(format!("{secret:?} {:?}", secret.hash()), "[secret] [hash]");
    }
}
