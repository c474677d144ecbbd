//! Access tokens: compact JWS (RFC 7515) with JWT claims (RFC 7519), read as RFC 8725 demands.
//!
//! The library signs and verifies signatures. Header and claims are read here: the library's own
//! reader takes any `typ`, ignores `crit`, skips an `iss` of the wrong type and asks the system clock.

use std::{collections::HashMap, fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use sha2::{Digest, Sha256};

use super::{
    keys::{PublicKey, SigningKey},
    provider, strict_json,
};
use crate::domain::{
    claims::BodyClaims, key::KeyState, pair::Fault, policy::MAX_TOKEN_LENGTH, ring::Ring,
    role::Roles,
};

/// A key of a ring, ready for use.
#[derive(Clone)]
pub struct RingKey {
    /// The RFC 7638 thumbprint.
    pub kid: String,
    /// The ring it belongs to.
    pub ring: Ring,
    /// Where it is in its life.
    pub state: KeyState,
    /// The public key.
    pub public: PublicKey,
    decoding: DecodingKey,
    encoding: Option<EncodingKey>,
    /// The encoded header of every token that it signs.
    header: String,
}

impl RingKey {
    /// A key of `ring`; `signing` may be absent where the key only verifies.
    pub fn new(
        ring: Ring,
        state: KeyState,
        public: PublicKey,
        signing: Option<SigningKey>,
    ) -> Self {
        let decoding = provider::prepare_public(public);
        let encoding = signing.map(provider::prepare_signing);
        let kid = public.thumbprint();
        let header = serde_json::to_vec(&header(ring.token_type(), &kid)).unwrap_or_default();
        let header = URL_SAFE_NO_PAD.encode(header);
        Self { kid, ring, state, public, decoding, encoding, header }
    }

    /// True if its private part is at hand.
    pub const fn can_sign(&self) -> bool {
        self.encoding.is_some()
    }

    /// The same key in another state.
    pub fn in_state(&self, state: KeyState) -> Self {
        Self { state, ..self.clone() }
    }
}

impl fmt::Debug for RingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.ring, self.kid, self.state.as_str())
    }
}

/// The keys of all rings at one moment.
#[derive(Clone, Default)]
pub struct KeyRings {
    keys: HashMap<String, Arc<RingKey>>,
    /// The same by the header of their tokens, which need not be read then.
    headers: HashMap<String, Arc<RingKey>>,
}

impl KeyRings {
    /// The rings made of `keys`.
    pub fn new(keys: impl IntoIterator<Item = RingKey>) -> Self {
        let keys: Vec<Arc<RingKey>> = keys.into_iter().map(Arc::new).collect();
        let headers = keys.iter().map(|key| (key.header.clone(), Arc::clone(key))).collect();
        Self { headers, keys: keys.into_iter().map(|key| (key.kid.clone(), key)).collect() }
    }

    /// All keys, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &RingKey> {
        self.keys.values().map(AsRef::as_ref)
    }

    /// The key `kid`, if it belongs to `ring`.
    pub fn get(&self, ring: Ring, kid: &str) -> Option<&RingKey> {
        self.keys.get(kid).map(AsRef::as_ref).filter(|key| key.ring == ring)
    }

    /// The key that signs for `ring`.
    pub fn active(&self, ring: Ring) -> Option<&RingKey> {
        self.iter().find(|key| key.ring == ring && key.state == KeyState::Active)
    }
}

impl fmt::Debug for KeyRings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// A token was not issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The ring has no active key.
    #[error("the {0} ring has no active key")]
    NoActiveKey(Ring),
    /// The token would be longer than any reader accepts.
    #[error("the token would be longer than {MAX_TOKEN_LENGTH} bytes")]
    TooLong,
    /// The library refused.
    #[error("signing failed")]
    Failed,
}

/// Issues a token of `typ`, signed by the active key of `ring`.
pub fn sign<C: Serialize>(
    rings: &KeyRings,
    ring: Ring,
    typ: &str,
    claims: &C,
) -> Result<String, SignError> {
    let key = rings.active(ring).ok_or(SignError::NoActiveKey(ring))?;
    let encoding = key.encoding.as_ref().ok_or(SignError::NoActiveKey(ring))?;
    let header = header(typ, &key.kid);
    #[expect(clippy::disallowed_methods, reason = "the one place that signs tokens")]
    let token = jsonwebtoken::encode(&header, claims, encoding).map_err(|_| SignError::Failed)?;
    if token.len() > MAX_TOKEN_LENGTH { Err(SignError::TooLong) } else { Ok(token) }
}

fn header(typ: &str, kid: &str) -> Header {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(typ.to_owned());
    header.kid = Some(kid.to_owned());
    header
}

/// The header members that count. `jku`, `x5u`, `jwk` and `x5c` do not: keys come from our rings.
#[derive(Deserialize)]
struct JoseHeader {
    alg: String,
    typ: String,
    kid: String,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
}

/// True for a member that is there, whatever it says: a `null` counts too.
pub(super) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// The parts of a compact JWS (RFC 7515 section 7.1), still encoded.
pub(super) struct Compact<'t> {
    pub(super) header: &'t str,
    pub(super) claims: &'t str,
    /// What is signed: header and claims.
    pub(super) message: &'t str,
    pub(super) signature: &'t str,
}

impl<'t> Compact<'t> {
    /// Three parts, none of them empty, within 4 KiB.
    pub(super) fn split(token: &'t str) -> Result<Self, Fault> {
        if token.len() > MAX_TOKEN_LENGTH {
            return Err(Fault::TooLong);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(Fault::Malformed)?;
        let (header, claims) = message.split_once('.').ok_or(Fault::Malformed)?;
        if header.is_empty() || claims.is_empty() || signature.is_empty() || claims.contains('.') {
            return Err(Fault::Malformed);
        }
        Ok(Self { header, claims, message, signature })
    }
}

/// Reads a genuine token of `typ` from `ring`: its claims, and the key that signed them.
///
/// What the claims say is not judged here.
pub fn verify<'k, C: DeserializeOwned>(
    rings: &'k KeyRings,
    ring: Ring,
    typ: &str,
    token: &str,
) -> Result<(C, &'k RingKey), Fault> {
    let Compact { header, claims, message, signature } = Compact::split(token)?;
    let key = key_of(rings, ring, typ, header)?;
    let good = jsonwebtoken::crypto::verify(
        signature,
        message.as_bytes(),
        &key.decoding,
        Algorithm::EdDSA,
    );
    if !good.unwrap_or(false) {
        return Err(Fault::Signature);
    }
    let claims = decode(claims).and_then(|json| strict_json::from_slice(&json));
    Ok((claims.ok_or(Fault::Malformed)?, key))
}

fn key_of<'k>(
    rings: &'k KeyRings,
    ring: Ring,
    typ: &str,
    header: &str,
) -> Result<&'k RingKey, Fault> {
    if let Some(key) = rings.headers.get(header)
        && key.ring == ring
        && typ == ring.token_type()
    {
        return Ok(key);
    }
    let header: JoseHeader =
        decode(header).and_then(|json| strict_json::from_slice(&json)).ok_or(Fault::Malformed)?;
    if header.alg != "EdDSA" || header.typ != typ || header.crit {
        return Err(Fault::Header);
    }
    rings.get(ring, &header.kid).ok_or(Fault::UnknownKey)
}

/// Strict base64url: no padding, no white space, unused low bits zero (RFC 7515 section 2).
pub(super) fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

/// The `ctx` claim: what ties the cookie half to what the body half claims.
///
/// base64url of the first 16 bytes of SHA-256 over the compact JSON array `[auth_time,amr,roles]`.
pub fn context(auth_time: i64, amr: &[String], roles: &Roles) -> String {
    let json = serde_json::to_vec(&(auth_time, amr, roles)).unwrap_or_default();
    let digest = Sha256::digest(json);
    let (first, _) = digest.split_at(16);
    URL_SAFE_NO_PAD.encode(first)
}

/// The `ctx` that the claims of a body half call for.
pub fn context_of(claims: &BodyClaims) -> String {
    context(claims.auth_time, &claims.amr, &claims.roles)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::{clock::Timestamp, entropy::OsEntropy};

    const TYP: &str = "tandem-body+jwt";

    fn key(ring: Ring, state: KeyState, signs: bool) -> RingKey {
        provider::install().unwrap();
        let signing = SigningKey::generate(&OsEntropy);
        RingKey::new(ring, state, signing.public(), signs.then_some(signing))
    }

    fn read(rings: &KeyRings, token: &str) -> Result<Value, Fault> {
        verify(rings, Ring::Body, TYP, token).map(|(claims, _)| claims)
    }

    #[test]
    fn what_is_signed_is_read_back_with_its_key() {
        let key = key(Ring::Body, KeyState::Active, true);
        let rings = KeyRings::new([key.clone()]);
        let token = sign(&rings, Ring::Body, TYP, &json!({"a": 1})).unwrap();
        let header: Value =
            serde_json::from_slice(&decode(token.split('.').next().unwrap()).unwrap()).unwrap();
        assert_eq!(header, json!({"alg": "EdDSA", "typ": TYP, "kid": key.kid}));
        let (claims, signer) = verify::<Value>(&rings, Ring::Body, TYP, &token).unwrap();
        assert_eq!((claims, &signer.kid), (json!({"a": 1}), &key.kid));
        assert_eq!(read(&KeyRings::default(), &token), Err(Fault::UnknownKey));
    }

    #[test]
    fn the_active_key_of_the_ring_signs_and_no_other() {
        let at = Timestamp::from_seconds(1);
        let idle = [
            key(Ring::Body, KeyState::Pending { at: None }, true),
            key(Ring::Body, KeyState::Retired { at }, true),
            key(Ring::Body, KeyState::Revoked { at }, true),
            key(Ring::Cookie, KeyState::Active, true),
        ];
        let issue = |rings: &KeyRings| sign(rings, Ring::Body, TYP, &json!({}));
        let none = Err(SignError::NoActiveKey(Ring::Body));
        assert_eq!(issue(&KeyRings::new(idle.clone())), none);
        // A key whose private part is not here, or sealed under a master key that is not.
        let mute = key(Ring::Body, KeyState::Active, false);
        assert_eq!(issue(&KeyRings::new([mute])), none);
        let active = key(Ring::Body, KeyState::Active, true);
        let rings = KeyRings::new(idle.into_iter().chain([active.clone()]));
        let token = issue(&rings).unwrap();
        assert_eq!(verify::<Value>(&rings, Ring::Body, TYP, &token).unwrap().1.kid, active.kid);
    }

    #[test]
    fn a_key_verifies_in_every_state() {
        let active = key(Ring::Body, KeyState::Active, true);
        let token = sign(&KeyRings::new([active.clone()]), Ring::Body, TYP, &json!({})).unwrap();
        let at = Timestamp::from_seconds(1);
        for state in [
            KeyState::Pending { at: Some(at) },
            KeyState::Active,
            KeyState::Retired { at },
            KeyState::Revoked { at },
        ] {
            let rings = KeyRings::new([active.in_state(state)]);
            let (_, signer) = verify::<Value>(&rings, Ring::Body, TYP, &token).unwrap();
            assert_eq!(signer.state, state, "whoever asked judges the state");
        }
    }

    #[test]
    fn crit_counts_even_as_null() {
        let header = |text: &str| strict_json::from_slice::<JoseHeader>(text.as_bytes());
        let genuine = r#"{"alg":"EdDSA","typ":"t","kid":"k"}"#;
        assert!(!header(genuine).unwrap().crit);
        for crit in ["null", "[]", "false", r#"["exp"]"#] {
            let text = genuine.replace('}', &format!(r#","crit":{crit}}}"#));
            assert!(header(&text).unwrap().crit, "{crit}");
        }
    }

    #[test]
    fn the_context_is_a_digest_of_what_grants() {
        let roles = |names: &[&str]| Roles::parse(names.iter().copied()).unwrap();
        let amr = |names: &[&str]| names.iter().copied().map(str::to_owned).collect::<Vec<_>>();
        let it = context(1_800_000_000, &amr(&["pwd"]), &roles(&["user", "admin"]));
        // SHA-256 of [1800000000,["pwd"],["admin","user"]].
        assert_eq!(it, "hm9IvJxiagq2H9GhDMh_Bw");
        for other in [
            context(1_800_000_001, &amr(&["pwd"]), &roles(&["user", "admin"])),
            context(1_800_000_000, &amr(&["pwd", "otp"]), &roles(&["user", "admin"])),
            context(1_800_000_000, &amr(&[]), &roles(&["user", "admin"])),
            context(1_800_000_000, &amr(&["pwd"]), &roles(&["user"])),
            context(1_800_000_000, &amr(&["pwd", "admin"]), &roles(&["user"])),
            context(1_800_000_000, &amr(&["pwd,admin"]), &roles(&["user"])),
        ] {
            assert_ne!(it, other);
        }
    }

    #[test]
    fn debug_names_the_key_and_shows_nothing_of_it() {
        let key = key(Ring::Cookie, KeyState::Active, true);
        assert_eq!(format!("{key:?}"), format!("cookie {} active", key.kid));
    }
}
