//! The command line: one file per command.

use std::{env, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

mod account;
mod client;
mod config;
mod database;
mod dev;
mod failure;
mod input;
mod keys;
mod migrate;
mod openapi;
mod output;
mod serve;
mod session;
mod user;

pub use self::failure::Failure;
use crate::{
    app::Parts,
    config::{Config, Source},
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
    /// Change the database schema, or show how far it is.
    #[command(subcommand)]
    Migrate(migrate::MigrateCommand),
    /// List and bring in signing keys.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Make, show and change accounts.
    #[command(subcommand)]
    User(user::UserCommand),
    /// List and end sessions.
    #[command(subcommand)]
    Session(session::SessionCommand),
    /// Make, list and remove machine clients.
    #[command(subcommand)]
    Client(client::ClientCommand),
    /// Print the OpenAPI document.
    Openapi,
    /// Check or show the configuration.
    #[command(subcommand)]
    Config(config::ConfigCommand),
}

/// Carries out a command line. Exit status 0, 1 if it failed, 2 for wrong usage.
pub fn run(arguments: Arguments, parts: Parts) -> ExitCode {
    let outcome = tokio::runtime::Runtime::new()
        .map_err(Failure::from)
        .and_then(|runtime| runtime.block_on(dispatch(arguments, parts)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            say_error(&failure);
            failure.exit_code()
        }
    }
}

async fn dispatch(arguments: Arguments, parts: Parts) -> Result<(), Failure> {
    let Arguments { config, dev, command } = arguments;
    let load = || configuration(config, dev);
    match command {
        Command::Openapi => openapi::run(),
        Command::Config(command) => config::run(&command, &load()?),
        Command::Serve(serve) => Box::pin(serve::run(&serve, load()?, parts)).await,
        Command::Migrate(command) => migrate::run(&command, &load()?, &parts).await,
        Command::Keys(command) => keys::run(&command, &load()?, &parts).await,
        Command::User(command) => user::run(&command, &load()?, &parts).await,
        Command::Client(command) => client::run(&command, &load()?, &parts).await,
        Command::Session(command) => session::run(&command, &load()?, &parts).await,
    }
}

/// The configuration that `tandem serve` works with: `file`, or `./tandem.toml` if it is there, under
/// the environment; with `dev` what development needs, a master key made on first start included.
pub fn configuration(file: Option<PathBuf>, dev: bool) -> Result<Config, Failure> {
    let directory = env::current_dir()?;
    let environment = environment()?;
    let mut config = Config::load(&Source { file, dev, environment, directory })?;
    if dev && config.keys.master_key.is_none() {
        config.keys.master_key = Some(dev::master_key()?);
    }
    Ok(config)
}

/// Our variables. One that is no text must not pass for one that is not set.
fn environment() -> Result<Vec<(String, String)>, Failure> {
    env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value))
        .filter(|(name, _)| name.starts_with("TANDEM_"))
        .map(|(name, value)| match value.into_string() {
            Ok(value) => Ok((name, value)),
            Err(_) => Err(Failure::Refused(format!("{name}: not UTF-8; set it anew"))),
        })
        .collect()
}

#[expect(clippy::print_stderr, reason = "a command line speaks to people")]
fn say_error(failure: &Failure) {
    eprintln!("tandem: {failure}");
}
