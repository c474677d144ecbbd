//! `tandem config`.

use clap::Subcommand;

use super::{Failure, say};
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Validate the configuration; every problem is listed.
    Check,
    /// Print the effective configuration, secrets masked.
    Show {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(command: &ConfigCommand, config: &Config) -> Result<(), Failure> {
    match command {
        ConfigCommand::Check => say("the configuration is good"),
        ConfigCommand::Show { json: true } => {
            say(serde_json::to_string_pretty(&config.entries()).map_err(std::io::Error::from)?);
        }
        ConfigCommand::Show { json: false } => {
            for entry in config.entries() {
                say(format_args!("{} = {}", entry.key, entry.value));
            }
        }
    }
    Ok(())
}
