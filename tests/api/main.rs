//! The service through its public surface: personas and stories.
//!
//! `TANDEM_TEST_DATABASE` chooses the database: `sqlite` (default), `postgres` or `mysql`; the latter
//! two need `TANDEM_TEST_POSTGRES` or `TANDEM_TEST_MYSQL`, the URL of a server where databases may be
//! made.
#![cfg(test)]
#![expect(clippy::unchecked_time_subtraction, reason = "of constants that differ")]

mod accounts;
mod cli;
mod cli_clients;
mod documents;
mod embedding;
mod faults;
mod forged;
mod guard;
mod http_tricks;
mod input;
mod instances;
mod keys;
mod login;
mod machines;
mod openapi;
mod operations;
mod origins;
mod refresh;
mod revocation;
mod secrets;
mod session_flow;
mod sessions;
mod smoke;
mod store;
mod support;
mod verify;
