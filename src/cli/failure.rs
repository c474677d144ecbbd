//! Why a command failed, and what the shell is told.

use std::{io, process::ExitCode};

use crate::{
    app::StartError,
    config::Problems,
    domain::password::PasswordError,
    service::{AccountError, KeyServiceError, ServiceError},
    store::StoreError,
    telemetry::TelemetryError,
};

/// A command failed; said on standard error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The command line asks for something that makes no sense, in a way that clap cannot see.
    #[error("{0}")]
    Usage(String),
    /// What was asked for cannot be done; the text says what to do.
    #[error("{0}")]
    Refused(String),
    /// The configuration has problems.
    #[error("the configuration is not good:\n{0}")]
    Config(#[from] Problems),
    /// The log cannot be written.
    #[error("{0}")]
    Telemetry(#[from] TelemetryError),
    /// The service cannot start.
    #[error("{0}")]
    Start(#[from] StartError),
    /// The first thing asked of the database failed. The URL is masked.
    #[error(
        "cannot work with the database {url}: {error}\n\
         check that it runs, and `database.url` (`tandem config show` prints what is in force)"
    )]
    Database {
        /// Where it is.
        url: String,
        /// What it said.
        error: String,
    },
    /// Migrations are pending. The URL is masked.
    #[error("the database {url} is empty or of an earlier version: run `tandem migrate up` first")]
    OldSchema {
        /// Where it is.
        url: String,
    },
    /// The database failed.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The service failed.
    #[error("{0}")]
    Service(#[from] ServiceError),
    /// An account cannot be worked with.
    #[error("{0}")]
    Account(AccountError),
    /// A password will not do.
    #[error("the password will not do: {0}")]
    Password(PasswordError),
    /// The keys are not as they should be.
    #[error("{0}")]
    Keys(#[from] KeyServiceError),
    /// A file or the terminal cannot be used.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Standard output is gone.
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        if let AccountError::Password(reason) = error {
            Self::Password(reason)
        } else {
            Self::Account(error)
        }
    }
}

impl Failure {
    /// 2 for wrong usage, 1 for everything else.
    pub(super) fn exit_code(&self) -> ExitCode {
        if matches!(self, Self::Usage(_)) { ExitCode::from(2) } else { ExitCode::FAILURE }
    }

    /// True if whoever read our output has seen enough (`tandem user list | head`).
    pub(super) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
