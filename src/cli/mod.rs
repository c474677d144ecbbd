//! The command line: one file per command.

use std::{
    env,
    path::PathBuf,
    process::ExitCode,
};

use clap::{Parser, Subcommand};

mod config;
mod dev;
mod openapi;
mod serve;

use crate::{
    app::Parts,
    config::{Config, Problems, Source},
    telemetry,
};

/// Authentication for a first-party web app: two tokens that only work together.
#[derive(Debug, Parser)]
#[command(name = "tandem", version, max_term_width = 100)]
pub struct Arguments {
    /// Configuration file (default: ./tandem.toml, if there).
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Development: everything under ./data, made on first start; plain http on loopback.
    #[arg(long, global = true)]
    dev: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service.
    Serve(serve::Serve),
    /// Print the OpenAPI document.
    Openapi,
    /// Check or show the configuration.
    #[command(subcommand)]
    Config(config::ConfigCommand),
}

/// A command failed; said on standard error.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Config(#[from] Problems),
    #[error("{0}")]
    Telemetry(#[from] telemetry::TelemetryError),
    #[error("{0}")]
    Start(#[from] crate::app::StartError),
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// Carries out a command line. Exit status 0, or 1 if it failed; clap answers wrong usage with 2.
pub fn run(arguments: Arguments, parts: Parts) -> ExitCode {
    let outcome = tokio::runtime::Runtime::new()
        .map_err(Failure::from)
        .and_then(|runtime| runtime.block_on(dispatch(arguments, parts)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say_error(&failure);
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(arguments: Arguments, parts: Parts) -> Result<(), Failure> {
    let Arguments { config, dev, command } = arguments;
    let load = || load(config, dev);
    match command {
        Command::Openapi => openapi::run(),
        Command::Config(command) => config::run(&command, &load()?),
        Command::Serve(serve) => serve::run(&serve, load()?, parts).await,
    }
}

fn load(file: Option<PathBuf>, dev: bool) -> Result<Config, Failure> {
    let directory = env::current_dir()?;
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    let variables = env::vars_os();
    let environment = variables
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let mut config = Config::load(&Source { file, dev, environment, directory })?;
    if dev && config.keys.master_key.is_none() {
        config.keys.master_key = Some(dev::master_key()?);
    }
    Ok(config)
}

#[expect(clippy::print_stderr, reason = "a command line speaks to people")]
fn say_error(failure: &Failure) {
    eprintln!("tandem: {failure}");
}

#[expect(clippy::print_stdout, reason = "a command line speaks to people")]
fn say(text: impl std::fmt::Display) {
    println!("{text}");
}
