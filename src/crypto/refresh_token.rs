//! Refresh tokens and session cookies: long random secrets that name their session and generation.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::Mac;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{
    mac,
    seal::{Derived, MasterKey, derive},
};
use crate::domain::{
    entropy::{self, Entropy},
    half::Half,
    id::SessionId,
};

/// Bytes of a token after its prefix, before base64url.
const PAYLOAD: usize = 1 + 16 + 4 + 32;
const TAG: usize = 16;

/// The secret of a refresh token: 256 bits. Wiped when dropped; neither `Display` nor a telling
/// `Debug`; stored only as [`RefreshHash`].
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct RefreshSecret([u8; 32]);

impl RefreshSecret {
    /// A fresh secret.
    pub fn random(entropy: &dyn Entropy) -> Self {
        Self(entropy::bytes(entropy))
    }

    /// The secret of the next generation: HMAC-SHA-256(salt, this secret ‖ name of the half).
    ///
    /// Whoever presents this secret can be given its successor again, and nobody else: not even who
    /// holds the database.
    pub fn next(&self, salt: &[u8; 32], half: Half) -> Self {
        let mut mac = mac(salt);
        mac.update(&self.0);
        mac.update(half.as_str().as_bytes());
        Self(mac.finalize().into_bytes().0)
    }

    /// What the database keeps.
    pub fn hash(&self) -> RefreshHash {
        RefreshHash(Sha256::digest(self.0).0)
    }
}

impl fmt::Debug for RefreshSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// SHA-256 of a refresh secret. Its 256 bits of entropy make a slow hash pointless.
#[derive(Clone, Copy)]
pub struct RefreshHash([u8; 32]);

impl RefreshHash {
    /// Reads a stored hash; `None` unless it is 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes to store.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// True if this is the hash of `secret`, compared in constant time.
    pub fn matches(&self, secret: &RefreshSecret) -> bool {
        self.0.ct_eq(&secret.hash().0).into()
    }
}

impl fmt::Debug for RefreshHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hash]")
    }
}

/// What a token renews its session with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A refresh token of the dual flow.
    Refresh(Half),
    /// The cookie of the session flow.
    Session,
}

impl From<Half> for Kind {
    fn from(half: Half) -> Self {
        Self::Refresh(half)
    }
}

impl Kind {
    /// Fixed, so that secret scanners find leaked tokens.
    const fn prefix(self) -> &'static str {
        match self {
            Self::Refresh(Half::Body) => "tdm_rtb_",
            Self::Refresh(Half::Cookie) => "tdm_rtc_",
            Self::Session => "tdm_ses_",
        }
    }
}

/// A token that this service issued: its tag is good.
#[derive(Clone, Debug)]
pub struct RefreshToken {
    /// The session it belongs to.
    pub session: SessionId,
    /// The generation it was issued for.
    pub generation: u32,
    /// Its secret.
    pub secret: RefreshSecret,
}

/// Writes and reads refresh tokens and session cookies. Wire format: `tdm_rtb_` (body), `tdm_rtc_`
/// (cookie) or `tdm_ses_` (session), then base64url without padding of
/// `key id(1) ‖ session id(16) ‖ generation(4, big endian) ‖ secret(32) ‖ tag(16)`,
/// where `tag` is HMAC-SHA-256, cut to 16 bytes, over the prefix and all bytes before it.
///
/// The tag lets junk be dropped before the database is asked, and any token ever issued be
/// recognised without keeping old rows.
pub struct RefreshCodec {
    /// The first tags; all check.
    keys: Vec<Derived>,
}

impl RefreshCodec {
    /// Tags under `main`, knows the tags of `main` and of `accepted`.
    pub fn new(main: &MasterKey, accepted: &[MasterKey]) -> Self {
        let keys =
            std::iter::once(main).chain(accepted).map(|key| derive(key, b"tandem refresh tag 1"));
        Self { keys: keys.collect() }
    }

    /// The token's text.
    pub fn encode(&self, kind: impl Into<Kind>, token: &RefreshToken) -> Zeroizing<String> {
        let kind = kind.into();
        let mut bytes = Zeroizing::new(Vec::with_capacity(PAYLOAD + TAG));
        let Some(key) = self.keys.first() else { return Zeroizing::default() };
        bytes.push(key.id);
        bytes.extend(token.session.as_bytes());
        bytes.extend(token.generation.to_be_bytes());
        bytes.extend(token.secret.0);
        let tag = tag(key, kind, &bytes);
        bytes.extend(tag);
        let mut text = Zeroizing::new(String::with_capacity(8 + (PAYLOAD + TAG).div_ceil(3) * 4));
        text.push_str(kind.prefix());
        URL_SAFE_NO_PAD.encode_string(bytes.as_slice(), &mut text);
        text
    }

    /// Reads a token of this kind; `None` unless it was issued by this service.
    pub fn decode(&self, kind: impl Into<Kind>, text: &str) -> Option<RefreshToken> {
        let kind = kind.into();
        let encoded = text.strip_prefix(kind.prefix())?;
        let mut bytes = Zeroizing::new([0; PAYLOAD + TAG]);
        let length = URL_SAFE_NO_PAD.decode_slice(encoded, bytes.as_mut_slice());
        if length != Ok(PAYLOAD + TAG) {
            return None;
        }
        let (payload, presented) = bytes.split_first_chunk::<PAYLOAD>()?;
        let (id, rest) = payload.split_first()?;
        let genuine = self
            .keys
            .iter()
            .filter(|key| key.id == *id)
            .any(|key| tag(key, kind, payload).as_slice().ct_eq(presented).into());
        if !genuine {
            return None;
        }
        let (session, rest) = rest.split_first_chunk::<16>()?;
        let (generation, secret) = rest.split_first_chunk::<4>()?;
        Some(RefreshToken {
            session: SessionId::from_bytes(*session),
            generation: u32::from_be_bytes(*generation),
            secret: RefreshSecret(secret.try_into().ok()?),
        })
    }
}

impl fmt::Debug for RefreshCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshCodec")
    }
}

fn tag(key: &Derived, kind: Kind, payload: &[u8]) -> [u8; TAG] {
    let mut mac = mac(&key.key);
    mac.update(kind.prefix().as_bytes());
    mac.update(payload);
    let full = mac.finalize().into_bytes().0;
    let mut tag = [0; TAG];
    tag.iter_mut().zip(full).for_each(|(to, from)| *to = from);
    tag
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::entropy::OsEntropy;

    fn token(generation: u32) -> RefreshToken {
        let secret = RefreshSecret::random(&OsEntropy);
        RefreshToken { session: SessionId::random(&OsEntropy), generation, secret }
    }

    fn codec(n: u8) -> RefreshCodec {
        RefreshCodec::new(&MasterKey::new([n; 32]), &[])
    }

    #[test]
    fn a_token_reads_back_as_its_own_kind_only() {
        let token = token(7);
        let kinds = [Kind::Refresh(Half::Body), Kind::Refresh(Half::Cookie), Kind::Session];
        for kind in kinds {
            let text = codec(1).encode(kind, &token);
            assert_eq!(text.len(), 100);
            let read = codec(1).decode(kind, &text).unwrap();
            assert_eq!((read.session, read.generation), (token.session, 7));
            assert!(token.secret.hash().matches(&read.secret));
            for other in kinds.into_iter().filter(|other| *other != kind) {
                assert!(codec(1).decode(other, &text).is_none());
                let disguised = text.replace(kind.prefix(), other.prefix());
                assert!(codec(1).decode(other, &disguised).is_none());
            }
        }
    }

    #[test]
    fn every_single_changed_character_is_noticed() {
        let text = codec(1).encode(Half::Body, &token(1));
        for position in 0..text.len() {
            let mut altered = text.as_bytes().to_vec();
            altered[position] = if altered[position] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).unwrap();
            assert!(codec(1).decode(Half::Body, &altered).is_none(), "at {position}");
        }
        for bad in ["", "tdm_rtb_", &text[..99], &format!("{}A", *text), &format!("{}=", *text)] {
            assert!(codec(1).decode(Half::Body, bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn another_master_key_counts_only_while_it_is_accepted() {
        let text = codec(1).encode(Half::Body, &token(1));
        assert!(codec(2).decode(Half::Body, &text).is_none());
        let [one, two] = [1, 2].map(|n| MasterKey::new([n; 32]));
        assert!(RefreshCodec::new(&two, &[one]).decode(Half::Body, &text).is_some());
    }

    #[test]
    fn the_successor_depends_on_secret_salt_and_half() {
        let secret = RefreshSecret::random(&OsEntropy);
        let next = secret.next(&[1; 32], Half::Body);
        assert!(next.hash().matches(&secret.next(&[1; 32], Half::Body)));
        assert!(!next.hash().matches(&secret.next(&[2; 32], Half::Body)));
        assert!(!next.hash().matches(&secret.next(&[1; 32], Half::Cookie)));
        assert!(
            !next.hash().matches(&RefreshSecret::random(&OsEntropy).next(&[1; 32], Half::Body))
        );
    }

    #[test]
    fn debug_tells_nothing() {
        assert!(format!("{:?}", token(1)).contains("[secret]"));
        assert_eq!(format!("{:?}", token(1).secret.hash()), "[hash]");
    }
}
