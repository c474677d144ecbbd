//! The log: structured, on standard error.

use std::io::{self, IsTerminal};

use tracing_subscriber::{EnvFilter, Registry, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::{Log, LogFormat};

/// The log cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `log.level` does not read.
    #[error(
        "log.level: {0}; write a level (error, warn, info, debug, trace) or directives like \"info,tandem::access=off\""
    )]
    Level(#[from] tracing_subscriber::filter::ParseError),
    /// Something else in this process logs already.
    #[error("a log is already set up in this process")]
    Installed,
}

/// Sets up the log of this process.
pub fn install(log: &Log) -> Result<(), TelemetryError> {
    let filter = EnvFilter::builder().parse(&log.level)?;
    let terminal = io::stderr().is_terminal();
    let json = match log.format {
        LogFormat::Json => true,
        LogFormat::Human => false,
        LogFormat::Auto => !terminal,
    };
    let registry = Registry::default().with(filter);
    let installed = if json {
        let lines = fmt::layer().json().flatten_event(true).with_current_span(false);
        registry.with(lines.with_span_list(false).with_writer(io::stderr)).try_init()
    } else {
        registry.with(fmt::layer().with_ansi(terminal).with_writer(io::stderr)).try_init()
    };
    installed.map_err(|_| TelemetryError::Installed)
}
