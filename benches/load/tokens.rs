//! Tokens made here, by the keys that the measured service is given, and the requests that show them.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use tandem::{
    crypto::{
        jwt::{self, KeyRings, RingKey},
        keys::SigningKey,
        provider,
        refresh_token::{RefreshCodec, RefreshSecret, RefreshToken},
    },
    domain::{
        claims::{BodyClaims, CookieClaims},
        clock::Timestamp,
        entropy::{Entropy, OsEntropy},
        half::Half,
        id::{SessionId, TokenId, UserId},
        key::KeyState,
        ring::Ring,
        role::Roles,
    },
};

use crate::settings::{ORIGIN, master_key};

/// Every user has this one.
pub(crate) const ROLE: &str = "editor";
/// Sessions of one user.
const SESSIONS_EACH: u32 = 5;
/// Life of an access token: the longest there is, so that a case outlives none.
const LIFE: i64 = 600;

/// An access pair.
pub(crate) struct Pair {
    pub(crate) body: String,
    pub(crate) cookie: String,
}

/// The key of a half, the same in all programs.
pub(crate) fn signing_key(half: Half) -> SigningKey {
    let seed = match half {
        Half::Body => [1; 32],
        Half::Cookie => [2; 32],
    };
    SigningKey::from_seed(&seed).unwrap()
}

/// That key as operators import it (RFC 8410 section 7).
pub(crate) fn signing_key_pem(half: Half) -> String {
    let head = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";
    let der = [head, signing_key(half).seed().as_slice()].concat();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der))
}

/// Identifiers look random, as real ones do: that is what an index has to cope with.
fn identifier(kind: &str, number: u32) -> [u8; 16] {
    let digest = Sha256::digest(format!("{kind} {number}")).0;
    std::array::from_fn(|at| digest[at])
}

pub(crate) fn session_id(number: u32) -> SessionId {
    SessionId::from_bytes(identifier("session", number))
}

pub(crate) fn user_id(number: u32) -> UserId {
    UserId::from_bytes(identifier("user", number))
}

/// Whose session it is.
pub(crate) const fn owner(session: u32) -> u32 {
    session / SESSIONS_EACH
}

pub(crate) fn email(user: u32) -> String {
    format!("user-{user}@example.com")
}

/// The first refresh secret of a half, the same in every session: it makes nothing faster or slower.
pub(crate) fn refresh_secret(half: Half) -> RefreshSecret {
    #[derive(Debug)]
    struct Fixed(u8);
    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }
    RefreshSecret::random(&Fixed(if half == Half::Body { 3 } else { 4 }))
}

/// Issues tokens as the service would.
pub(crate) struct Issuer {
    rings: KeyRings,
    codec: RefreshCodec,
    roles: Roles,
}

impl Issuer {
    pub(crate) fn new() -> Self {
        provider::install().unwrap();
        let key = |half: Half| {
            let key = signing_key(half);
            RingKey::new(Ring::from(half), KeyState::Active, key.public(), Some(key))
        };
        Self {
            rings: KeyRings::new([key(Half::Body), key(Half::Cookie)]),
            codec: RefreshCodec::new(&master_key(), &[]),
            roles: Roles::parse([ROLE]).unwrap(),
        }
    }

    /// An access pair of a session, never made before.
    pub(crate) fn pair(&self, session: u32, generation: u32, iat: Timestamp) -> Pair {
        let (iat, exp) = (iat.seconds(), iat.seconds() + LIFE);
        let body = BodyClaims {
            iss: ORIGIN.to_owned(),
            sub: user_id(owner(session)),
            aud: "tandem/body".to_owned(),
            iat,
            exp,
            nbf: None,
            jti: TokenId::random(&OsEntropy),
            sid: session_id(session),
            generation,
            auth_time: iat,
            amr: vec!["pwd".to_owned()],
            roles: self.roles.clone(),
        };
        let cookie = CookieClaims {
            iss: body.iss.clone(),
            sub: body.sub,
            aud: "tandem/cookie".to_owned(),
            iat,
            exp,
            nbf: None,
            jti: TokenId::random(&OsEntropy),
            sid: body.sid,
            generation,
            ctx: jwt::context_of(&body),
        };
        Pair { body: self.sign(Half::Body, &body), cookie: self.sign(Half::Cookie, &cookie) }
    }

    fn sign(&self, half: Half, claims: &impl serde::Serialize) -> String {
        jwt::sign(&self.rings, half.into(), half.token_type(), claims).unwrap()
    }

    /// A refresh token of a session's first generation.
    fn refresh_token(&self, half: Half, session: u32) -> String {
        let token = RefreshToken {
            session: session_id(session),
            generation: 1,
            secret: refresh_secret(half),
        };
        self.codec.encode(half, &token).to_string()
    }

    /// `POST /api/auth/refresh` with all four tokens, the refresh tokens of the first generation.
    pub(crate) fn refresh_request(&self, session: u32, iat: Timestamp) -> Vec<u8> {
        let Pair { body, cookie } = self.pair(session, 1, iat);
        let refresh = self.refresh_token(Half::Body, session);
        let json = format!(r#"{{"refresh_token":"{refresh}"}}"#);
        let refresh = self.refresh_token(Half::Cookie, session);
        let tokens = format!(
            "authorization: Bearer {body}\r\n\
             cookie: __Host-tandem-access={cookie}; __Secure-tandem-refresh={refresh}\r\n"
        );
        post("/api/auth/refresh", &tokens, &json)
    }
}

/// `GET uri`, as a reverse proxy asks.
pub(crate) fn verify_request(uri: &str, Pair { body, cookie }: &Pair) -> Vec<u8> {
    let tokens =
        format!("authorization: Bearer {body}\r\ncookie: __Host-tandem-access={cookie}\r\n");
    format!("GET {uri} HTTP/1.1\r\n{}{tokens}\r\n", common()).into_bytes()
}

/// `POST /api/auth/login`.
pub(crate) fn login_request(user: u32, password: &str) -> Vec<u8> {
    let json = format!(r#"{{"email":"{}","password":"{password}"}}"#, email(user));
    post("/api/auth/login", "", &json)
}

fn post(path: &str, tokens: &str, json: &str) -> Vec<u8> {
    let (common, length) = (common(), json.len());
    format!(
        "POST {path} HTTP/1.1\r\n{common}origin: {ORIGIN}\r\n{tokens}\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{json}"
    )
    .into_bytes()
}

fn common() -> String {
    let host = ORIGIN.trim_start_matches("https://");
    format!(
        "host: {host}\r\nuser-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 \
         Firefox/140.0\r\naccept: application/json\r\n"
    )
}
