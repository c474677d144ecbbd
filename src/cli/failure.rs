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
pub(super) enum Failure {
    /// The command line asks for something that makes no sense, in a way that clap cannot see.
    #[error("{0}")]
    Usage(String),
    /// What was asked for cannot be done; the text says what to do.
    #[error("{0}")]
    Refused(String),
    #[error("the configuration is not good:\n{0}")]
    Config(#[from] Problems),
    #[error("{0}")]
    Telemetry(#[from] TelemetryError),
    #[error("{0}")]
    Start(#[from] StartError),
    /// The first thing asked of the database failed. The URL is masked.
    #[error(
        "cannot work with the database {url}: {error}\n\
         check that it runs, and `database.url` (`tandem config show` prints what is in force)"
    )]
    Database { url: String, error: String },
    #[error("the database {url} is empty or of an earlier version: run `tandem migrate up` first")]
    OldSchema { url: String },
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Service(#[from] ServiceError),
    #[error("{0}")]
    Account(AccountError),
    #[error("the password will not do: {0}")]
    Password(PasswordError),
    #[error("{0}")]
    Keys(#[from] KeyServiceError),
    #[error("{0}")]
    Io(#[from] io::Error),
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
