//! SeaORM models of Tandem's tables, and nothing else.
//!
//! Instants are milliseconds since the Unix epoch: the one form that every database sorts and keeps
//! alike. Identifiers are 32 lower-case hex digits.

pub mod client_assertions;
pub mod client_secrets;
pub mod clients;
pub mod revoked_tokens;
pub mod sessions;
pub mod signing_keys;
pub mod users;
