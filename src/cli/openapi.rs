//! `tandem openapi`.

use std::io::Write;

use super::Failure;
use crate::http;

/// Prints the document, byte for byte as it is served.
pub(super) fn run() -> Result<(), Failure> {
    std::io::stdout().write_all(http::document().as_bytes()).map_err(Failure::Output)
}
