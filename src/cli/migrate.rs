//! `tandem migrate`.

use clap::Subcommand;
use serde::Serialize;

use super::{Failure, database, output};
use crate::{
    app::Parts,
    config::Config,
    store::{MigrationStatus, Store},
};

#[derive(Debug, Subcommand)]
pub(super) enum MigrateCommand {
    /// Apply all pending migrations.
    Up,
    /// Take back the newest migration, and delete the data it holds.
    Down {
        /// The data may go.
        #[arg(long)]
        yes: bool,
    },
    /// List the migrations.
    Status {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Serialize)]
struct Step {
    name: String,
    applied: bool,
}

pub(super) async fn run(
    command: &MigrateCommand,
    config: &Config,
    parts: &Parts,
) -> Result<(), Failure> {
    let (store, steps) = database::open_any(config, parts).await?;
    match command {
        MigrateCommand::Up => up(&store, &steps).await,
        MigrateCommand::Down { yes } => down(&store, &steps, *yes).await,
        MigrateCommand::Status { json } => status(steps, *json),
    }
}

async fn up(store: &Store, steps: &[MigrationStatus]) -> Result<(), Failure> {
    store.migrate_up().await?;
    let mut pending = steps.iter().filter(|step| !step.applied).peekable();
    if pending.peek().is_none() {
        return output::say("nothing to do: the schema is up to date");
    }
    pending.try_for_each(|step| output::say(format_args!("applied {}", step.name)))
}

async fn down(store: &Store, steps: &[MigrationStatus], yes: bool) -> Result<(), Failure> {
    let Some(newest) = steps.iter().rfind(|step| step.applied) else {
        return output::say("nothing to do: no migration is applied");
    };
    let name = &newest.name;
    if !yes {
        return Err(Failure::Usage(format!(
            "taking back {name} deletes the data it holds: back up, then repeat this with `--yes`"
        )));
    }
    store.migrate_down().await?;
    output::say(format_args!("took back {name}"))
}

fn status(steps: Vec<MigrationStatus>, json: bool) -> Result<(), Failure> {
    let steps: Vec<Step> =
        steps.into_iter().map(|MigrationStatus { name, applied }| Step { name, applied }).collect();
    output::list(&steps, json, ["MIGRATION", "STATE"], |step| {
        [step.name.clone(), if step.applied { "applied" } else { "pending" }.to_owned()]
    })
}
