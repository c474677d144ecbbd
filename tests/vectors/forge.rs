//! Makes tokens: genuine ones, and such as nobody should.

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tandem::{
    crypto::{
        jwt::{KeyRings, RingKey, verify},
        keys::SigningKey,
        provider,
    },
    domain::{claims::BodyClaims, half::Half, key::KeyState, pair::Fault, ring::Ring},
};

/// A header with nothing wrong: see [`spell`].
pub(crate) const HEADER: &str = "{ALG,TYP,KID}";

/// The members of a body half's claims, each with a good value, as JSON.
pub(crate) const MEMBERS: [(&str, &str); 11] = [
    ("iss", r#""https://auth.example""#),
    ("sub", r#""00112233445566778899aabbccddeeff""#),
    ("aud", r#""app/body""#),
    ("iat", "1800000000"),
    ("exp", "1800000300"),
    ("jti", r#""0123456789abcdef0123456789abcdef""#),
    ("sid", r#""fedcba9876543210fedcba9876543210""#),
    ("gen", "7"),
    ("auth_time", "1799990000"),
    ("amr", r#"["pwd"]"#),
    ("roles", r#"["admin","user"]"#),
];

/// The key that signs body tokens.
pub(crate) static BODY: LazyLock<SigningKey> = LazyLock::new(|| key(0xb0));
/// The key that signs cookie tokens.
pub(crate) static COOKIE: LazyLock<SigningKey> = LazyLock::new(|| key(0xc0));
/// A key of somebody else.
pub(crate) static ATTACKER: LazyLock<SigningKey> = LazyLock::new(|| key(0xaa));

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32]).unwrap()
}

/// A body and a cookie ring with a key each.
pub(crate) static RINGS: LazyLock<KeyRings> = LazyLock::new(|| {
    provider::install().unwrap();
    let ring = |ring, signing: &SigningKey| {
        RingKey::new(ring, KeyState::Active, signing.public(), Some(signing.clone()))
    };
    KeyRings::new([ring(Ring::Body, &BODY), ring(Ring::Cookie, &COOKIE)])
});

/// Presents `token` where a body token is due.
pub(crate) fn present(token: &str) -> Result<BodyClaims, Fault> {
    verify(&RINGS, Ring::Body, Half::Body.token_type(), token).map(|(claims, _)| claims)
}

/// Claims with nothing wrong.
pub(crate) fn claims() -> String {
    claims_with(|_| None)
}

/// The claims with some members otherwise: `change` gives the text in place of `"name":value`.
pub(crate) fn claims_with(change: impl Fn(&str) -> Option<String>) -> String {
    let members =
        MEMBERS.map(|(name, value)| change(name).unwrap_or_else(|| format!(r#""{name}":{value}"#)));
    let members: Vec<String> = members.into_iter().filter(|member| !member.is_empty()).collect();
    format!("{{{}}}", members.join(","))
}

/// Writes out what is the same in every header: `ALG`, `TYP`, `KID` are the genuine members, `OURS`
/// and `THEIRS` the thumbprints of the body key and of the attacker's.
pub(crate) fn spell(header: &str) -> String {
    let ours = BODY.public().thumbprint();
    header
        .replace("ALG", r#""alg":"EdDSA""#)
        .replace("TYP", r#""typ":"tandem-body+jwt""#)
        .replace("KID", r#""kid":"OURS""#)
        .replace("OURS", &ours)
        .replace("THEIRS", &ATTACKER.public().thumbprint())
}

/// base64url without padding.
pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token of this header and these claims, byte for byte, signed by `key`.
pub(crate) fn signed(
    key: &SigningKey,
    header: impl AsRef<[u8]>,
    claims: impl AsRef<[u8]>,
) -> String {
    sealed(key, &format!("{}.{}", b64(header), b64(claims)))
}

/// `message` with its signature by `key`, whatever it is.
pub(crate) fn sealed(key: &SigningKey, message: &str) -> String {
    format!("{message}.{}", b64(key.sign(message.as_bytes())))
}

/// A token with nothing wrong.
pub(crate) fn genuine() -> String {
    signed(&BODY, spell(HEADER), claims())
}

#[test]
fn the_genuine_token_is_accepted() {
    let claims = present(&genuine()).unwrap();
    assert_eq!(claims.sid.to_string(), "fedcba9876543210fedcba9876543210");
    assert_eq!((claims.generation, claims.nbf), (7, None));
}
