//! RFC 8037 appendix A: the example key and the example JWS.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tandem::{
    crypto::{
        jwt::{KeyRings, RingKey, verify},
        keys::{PublicKey, SigningKey},
        provider,
    },
    domain::{half::Half, key::KeyState, pair::Fault, ring::Ring},
};

/// A.1: the private key.
const D: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
/// A.2: the public key.
const X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
/// A.3: its thumbprint.
const THUMBPRINT: &str = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
/// A.4: header and payload.
const MESSAGE: &str = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
/// A.4: the signature.
const SIGNATURE: &str =
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

fn bytes(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn key() -> SigningKey {
    SigningKey::from_seed(&bytes(D)).unwrap()
}

#[test]
fn a1_to_a3_the_key_and_its_thumbprint() {
    let public = key().public();
    assert_eq!((public.x().as_str(), public.thumbprint().as_str()), (X, THUMBPRINT));
    assert_eq!(PublicKey::from_bytes(&bytes(X)), Ok(public));
    assert_eq!(key().seed().as_slice(), bytes(D));
}

#[test]
fn a4_the_signature_is_made() {
    assert_eq!(key().sign(MESSAGE.as_bytes()).as_slice(), bytes(SIGNATURE));
}

#[test]
fn a5_the_signature_is_accepted() {
    assert!(key().public().verify(MESSAGE.as_bytes(), &bytes(SIGNATURE)));
}

#[test]
fn the_example_is_a_jws_but_no_token_of_ours_whatever_its_key() {
    provider::install().unwrap();
    let rings =
        KeyRings::new([RingKey::new(Ring::Body, KeyState::Active, key().public(), Some(key()))]);
    let token = format!("{MESSAGE}.{SIGNATURE}");
    let read = verify::<serde_json::Value>(&rings, Ring::Body, Half::Body.token_type(), &token);
    assert_eq!(read.err(), Some(Fault::Malformed));
}
