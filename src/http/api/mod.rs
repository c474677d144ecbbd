//! The operations, by tag.

pub(super) mod accounts;
pub(super) mod health;
pub(super) mod keys;
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
    /// The public signing keys.
    Keys,
    /// For orchestrators.
    Health,
}
