//! Keys, tokens, sealing, hashing: the only place that names the cryptographic crates.

mod argon2id;
pub mod assertion;
pub mod client_secret;
pub mod jwt;
pub mod keys;
pub mod pair_key;
pub mod password;
pub mod provider;
pub mod refresh_token;
pub mod seal;
mod strict_json;

use hmac::{Hmac, KeyInit};
use sha2::Sha256;

/// HMAC-SHA-256 under a 32-byte key.
fn mac(key: &[u8; 32]) -> Hmac<Sha256> {
    // HMAC pads its key with zeros to the block (RFC 2104 section 2).
    let mut block = zeroize::Zeroizing::new([0; 64]);
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    Hmac::new((&*block).into())
}
