//! What is stored of the secrets that renew a session.

use crate::crypto::refresh_token::RefreshHash;

/// What is stored of the two refresh secrets of one generation.
#[derive(Clone, Copy, Debug)]
pub struct SecretHashes {
    /// Of the body half.
    pub body: RefreshHash,
    /// Of the cookie half.
    pub cookie: RefreshHash,
}

/// What is stored of a session's refresh tokens.
#[derive(Clone, Copy, Debug)]
pub struct RefreshState {
    /// Of the current generation.
    pub current: SecretHashes,
    /// Of the generation before, if there was one.
    pub previous: Option<SecretHashes>,
    /// What the current secrets were derived with; there from the second generation on.
    pub salt: Option<[u8; 32]>,
}

/// What renews a session, by its flow.
#[derive(Clone, Copy, Debug)]
pub enum Renewal {
    /// Refresh tokens.
    Refresh(RefreshState),
    /// The session cookie.
    Cookie(RefreshHash),
}

/// What is stored of the first secrets of a session, by its flow.
#[derive(Clone, Copy, Debug)]
pub enum NewHashes {
    /// Of the refresh tokens.
    Refresh(SecretHashes),
    /// Of the session cookie.
    Cookie(RefreshHash),
}
