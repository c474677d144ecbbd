//! `tandem config`.

use clap::Subcommand;

use super::{
    Failure,
    output::{self, say},
};
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
        ConfigCommand::Show { json: true } => output::json(&config.entries()),
        ConfigCommand::Show { json: false } => config
            .entries()
            .iter()
            .try_for_each(|entry| say(format_args!("{} = {}", entry.key, entry.value))),
    }
}
