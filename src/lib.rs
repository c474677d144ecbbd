//! Tandem: authentication for a first-party web app, with two tokens that only work together.
//!
//! | module | what it is |
//! |---|---|
//! | [`domain`] | the rules: no I/O, no clock of its own |
//! | [`crypto`] | keys, tokens, sealing, hashing: names the cryptographic crates |
//! | [`store`] | the database: names SeaORM and `entity` |
//! | [`service`] | the verbs: one use case, one file, one transaction |
//! | [`http`] | poem: routes, guard, cookies, problems; names status codes |
//! | [`config`] | the configuration, every problem at once |
//! | [`app`] | the service as a value |
//! | [`cli`] | one file per command |
//! | [`telemetry`] | the log |
//!
//! Imports go `main → cli → app → http → service → store → entity`, `service → crypto`, everything
//! `→ domain`; `domain` imports nothing of ours. `tests/layers.rs` holds that.

pub mod app;
pub mod cli;
pub mod config;
pub mod crypto;
pub mod domain;
pub mod http;
pub mod service;
pub mod store;
pub mod telemetry;
