//! What is measured, and for how long.

use std::{path::PathBuf, time::Duration};

use clap::Parser;

use crate::floor::Floor;

/// Measures the service under load, against programs that do the least that could answer.
#[derive(Debug, Parser)]
pub(crate) struct Arguments {
    /// Short rounds: a first impression.
    #[arg(long)]
    quick: bool,
    /// One case only.
    #[arg(long, value_name = "CASE")]
    only: Option<String>,
    /// Measure refreshes on PostgreSQL too: a server where databases may be made and dropped
    /// (default: the environment variable `TANDEM_BENCH_POSTGRES`).
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// Also measure with a million sessions.
    #[arg(long)]
    large: bool,
    /// Measure this build of the service instead of the one just built.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// What cargo adds.
    #[arg(long, hide = true)]
    pub(crate) bench: bool,
    /// Be a floor.
    #[arg(long, hide = true)]
    pub(crate) floor: Option<Floor>,
    #[arg(long, hide = true, default_value_t = 0)]
    pub(crate) port: u16,
    #[arg(long, hide = true, default_value = "")]
    pub(crate) database: String,
}

/// What to do.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) quick: bool,
    pub(crate) only: Option<String>,
    pub(crate) postgres: Option<String>,
    pub(crate) large: bool,
    pub(crate) binary: PathBuf,
}

impl From<Arguments> for Plan {
    fn from(arguments: Arguments) -> Self {
        let Arguments { quick, only, postgres, large, binary, .. } = arguments;
        #[expect(
            clippy::disallowed_methods,
            reason = "a benchmark has no configuration of its own"
        )]
        let postgres = postgres.or_else(|| std::env::var("TANDEM_BENCH_POSTGRES").ok());
        let binary = binary.unwrap_or_else(|| env!("CARGO_BIN_EXE_tandem").into());
        Self { quick, only, postgres, large, binary }
    }
}

impl Plan {
    /// How often the compared programs take turns.
    pub(crate) const fn rounds(&self) -> u32 {
        if self.quick { 3 } else { 7 }
    }

    /// How long one turn is.
    pub(crate) const fn turn(&self) -> Duration {
        if self.quick { Duration::from_millis(500) } else { Duration::from_secs(2) }
    }
}
