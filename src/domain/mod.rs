//! The rules. No async, no HTTP, no SQL, no JWT library, no clock of its own.

pub mod claims;
pub mod client;
pub mod clock;
pub mod email;
pub mod entropy;
pub mod flow;
pub mod half;
pub mod id;
pub mod key;
pub mod network;
pub mod origin;
pub mod pair;
pub mod password;
pub mod policy;
pub mod refresh;
pub mod requirement;
pub mod ring;
pub mod role;
pub mod scope;
pub mod secret;
pub mod session;
pub mod user;
