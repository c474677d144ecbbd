//! What may never panic, whatever it is given, and what holds for everything that it accepts.
//!
//! Plain functions: `fuzz_targets/` hands them to cargo-fuzz, `tests/vectors` calls them with random
//! input on every run.

use std::sync::LazyLock;

use tandem::{
    crypto::{
        assertion::{ClientKeys, claimed_client},
        client_secret::ClientSecret,
        jwt::{KeyRings, RingKey, verify},
        keys::{PublicKey, SigningKey},
        provider,
        refresh_token::RefreshCodec,
        seal::{MasterKey, Sealer},
    },
    domain::{
        claims::{BodyClaims, CookieClaims},
        email::Email,
        half::Half,
        id::{SessionId, TokenId, UserId},
        key::KeyState,
        network::Cidr,
        origin::Origin,
        password::Password,
        ring::Ring,
        role::Roles,
        scope::Scopes,
    },
};

/// The key that signs for the rings, of a seed in no corpus.
static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_seed(&[0x5e; 32]).unwrap());

static RINGS: LazyLock<KeyRings> = LazyLock::new(|| {
    provider::install().unwrap();
    KeyRings::new([RingKey::new(Ring::Body, KeyState::Active, KEY.public(), Some(KEY.clone()))])
});

/// Any text as a refresh token: none is genuine by chance.
pub fn refresh_token(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let codec = RefreshCodec::new(&MasterKey::new([0x5e; 32]), &[]);
    for half in [Half::Body, Half::Cookie] {
        assert!(codec.decode(half, text).is_none(), "forged: {text}");
    }
}

/// Any bytes as a sealed value: none opens by chance.
pub fn sealed(data: &[u8]) {
    assert!(Sealer::new(&MasterKey::new([0x5e; 32]), &[]).open(data, b"context").is_err());
}

/// Any text as an access token: none is genuine by chance.
pub fn access_token(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for half in [Half::Body, Half::Cookie] {
        let (ring, typ) = (Ring::from(half), half.token_type());
        assert!(verify::<BodyClaims>(&RINGS, ring, typ, text).is_err(), "forged: {text}");
        assert!(verify::<CookieClaims>(&RINGS, ring, typ, text).is_err(), "forged: {text}");
    }
}

/// Any bytes as header and claims (up to and after the first line feed), genuinely signed: only JSON
/// objects that another reader understands alike are accepted.
pub fn signed_token(data: &[u8]) {
    let split = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (header, claims) = data.split_at(split);
    let claims = claims.strip_prefix(b"\n").unwrap_or(claims);
    let message = format!("{}.{}", base64url(header), base64url(claims));
    let token = format!("{message}.{}", base64url(&KEY.sign(message.as_bytes())));
    let typ = Half::Body.token_type();
    let Ok((read, key)) = verify::<serde_json::Value>(&RINGS, Ring::Body, typ, &token) else {
        return;
    };
    let json =
        |bytes| serde_json::from_str::<serde_json::Value>(std::str::from_utf8(bytes).unwrap());
    let header = json(header).unwrap();
    assert_eq!(header["alg"], "EdDSA");
    assert_eq!(header["typ"], typ);
    assert_eq!(header["kid"], key.kid);
    assert!(header.get("crit").is_none());
    assert_eq!(json(claims).unwrap(), read);
    if let Ok((body, _)) = verify::<BodyClaims>(&RINGS, Ring::Body, typ, &token) {
        assert_eq!(read["sid"], body.sid.to_string());
    }
}

static CLIENT_KEYS: LazyLock<ClientKeys> = LazyLock::new(|| {
    let x = KEY.public().x();
    let set = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}]}}"#);
    ClientKeys::parse(&set).unwrap()
});

/// Any text as an assertion of a client: none is genuine by chance.
pub fn assertion(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    assert!(CLIENT_KEYS.verify(text).is_none(), "forged: {text}");
    let _ = claimed_client(text);
}

/// Any bytes as header and claims of an assertion (up to and after the first line feed), genuinely
/// signed: whom it says it is from does not depend on who reads it.
pub fn signed_assertion(data: &[u8]) {
    let split = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let (header, claims) = data.split_at(split);
    let claims = claims.strip_prefix(b"\n").unwrap_or(claims);
    let message = format!("{}.{}", base64url(header), base64url(claims));
    let token = format!("{message}.{}", base64url(&KEY.sign(message.as_bytes())));
    let Some(read) = CLIENT_KEYS.verify(&token) else { return };
    assert_eq!(claimed_client(&token).as_ref(), Some(&read.sub));
    let json: serde_json::Value = serde_json::from_slice(claims).unwrap();
    let (exp, jti) = (json["exp"].as_i64(), json["jti"].as_str());
    assert_eq!((exp, jti), (Some(read.exp), Some(read.jti.as_str())));
}

/// Any text as the key set of a client: what is kept of it reads as itself.
pub fn client_keys(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(keys) = ClientKeys::parse(text) {
        let kept = keys.to_json();
        assert_eq!(ClientKeys::parse(&kept).unwrap().to_json(), kept);
    }
}

/// The header that [`signed_token`] can do something with.
pub fn genuine_header() -> String {
    let (typ, kid) = (Half::Body.token_type(), KEY.public().thumbprint());
    format!(r#"{{"alg":"EdDSA","typ":"{typ}","kid":"{kid}"}}"#)
}

/// base64url without padding, written out: a fuzz target depends on what it tests and nothing more.
fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |i| u32::from(chunk.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..=chunk.len() {
            let digit = usize::try_from(bits >> (18 - 6 * i) & 63).unwrap();
            text.push(char::from(ALPHABET[digit]));
        }
    }
    text
}

/// Any bytes as a key: whatever loads is written back as it was.
pub fn key(data: &[u8]) {
    if let Ok(public) = PublicKey::from_bytes(data) {
        assert_eq!(public.as_bytes().as_slice(), data);
        assert!(!public.verify(data, &[0; 64]));
        assert!(!public.verify(b"", data));
    }
    if let Ok(signing) = SigningKey::from_seed(data) {
        assert_eq!(signing.seed().as_slice(), data);
        assert!(signing.public().verify(data, &signing.sign(data)));
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = SigningKey::from_pem(text);
    }
}

/// Any text as whatever the domain reads: what is accepted has one form, which reads as itself.
pub fn texts(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(email) = Email::parse(text) {
        let again = Email::parse(email.canonical()).expect("a canonical address is an address");
        assert_eq!(again.canonical(), email.canonical());
        assert_eq!(Email::parse(email.as_str()).unwrap().canonical(), email.canonical());
        let _ = Password::new(text, 15, &email);
    }
    if let Ok(password) = Password::typed(text) {
        let typed = std::str::from_utf8(password.expose()).unwrap();
        // A composed form can be longer than what was typed, and so no longer be accepted itself.
        if let Ok(again) = Password::typed(typed) {
            assert_eq!(again.expose(), password.expose());
        }
    }
    if let Ok(origin) = Origin::parse(text) {
        assert_eq!(origin.as_str(), text);
        assert_eq!(origin.with_port(1).with_port(2), origin.with_port(2));
    }
    if let Ok(cidr) = Cidr::parse(text) {
        assert_eq!(Cidr::parse(&cidr.to_string()), Ok(cidr));
    }
    if let Ok(roles) = Roles::parse(text.split(',')) {
        assert_eq!(Roles::parse(roles.to_string().split(',')), Ok(roles));
    }
    if let Ok(scopes) = Scopes::parse(text) {
        assert_eq!(Scopes::parse(&scopes.to_string()), Ok(scopes));
    }
    if let Some(secret) = ClientSecret::parse(text) {
        assert_eq!(*secret.reveal(), text);
    }
    let ids = [
        UserId::parse(text).map(|id| id.to_string()),
        SessionId::parse(text).map(|id| id.to_string()),
        TokenId::parse(text).map(|id| id.to_string()),
    ];
    assert!(ids.into_iter().flatten().all(|id| id == text));
}
