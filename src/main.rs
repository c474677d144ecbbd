//! Reads the command line, wires the real parts in, nothing else.

use std::{process::ExitCode, sync::Arc};

use clap::Parser;
use tandem::{
    app::Parts,
    cli::{self, Arguments},
    domain::{clock::SystemClock, entropy::OsEntropy},
};

fn main() -> ExitCode {
    let parts = Parts { clock: Arc::new(SystemClock), entropy: Arc::new(OsEntropy) };
    cli::run(Arguments::parse(), parts)
}
