//! The operations, by tag.

pub(super) mod accounts;
pub(super) mod health;
pub(super) mod keys;
pub(super) mod oauth;
pub(super) mod revocations;
pub(super) mod session_flow;
pub(super) mod sessions;
pub(super) mod tokens;

use poem_openapi::Tags;

/// Groups of operations in the document.
#[derive(Tags)]
pub(super) enum Tag {
    /// Making an account, proving who one is, changing the password.
    Accounts,
    /// Refreshing tokens, checking them, and logging out.
    Tokens,
    /// Seeing and ending sign-ins.
    Sessions,
    /// The second way in, for pages that store nothing: a session cookie.
    SessionFlow,
    /// The token endpoint (RFC 6749).
    OAuth,
    /// The public signing keys.
    Keys,
    /// For orchestrators.
    Health,
}
