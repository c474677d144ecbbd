//! Published vectors and hostile input, against what verifies tokens in production.
//!
//! | module | what it holds |
//! |---|---|
//! | `ed25519` | RFC 8032, Wycheproof, ed25519-speccheck, points of small order |
//! | `rfc8037` | the example key and token of RFC 8037 |
//! | `structure` | what is no compact JWS |
//! | `header` | what no header may say |
//! | `claims` | what no claims may say |
//! | `parsers` | the fuzz targets of `fuzz/`, on random input |
//!
//! In the last but one three, whatever can be signed is signed with the right key: one thing is wrong
//! with a token at a time, and it is not the signature.
#![cfg(test)]

mod claims;
mod data;
mod ed25519;
mod forge;
mod header;
mod parsers;
mod rfc8037;
mod structure;
#[path = "../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "it is the library of another crate too")]
mod targets;
