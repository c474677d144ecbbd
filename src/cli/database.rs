//! The configured database, for commands that work on it while the service runs.

use std::sync::Arc;

use super::Failure;
use crate::{
    app::{self, Parts, StartError},
    config::{Config, Database},
    service::Auth,
    store::{MigrationStatus, SchemaState, Store, StoreError},
    telemetry,
};

/// Milliseconds.
const MAX_CLOCK_DIFFERENCE: u64 = 2000;

/// The verbs, on a database whose schema is as this program needs it. What operators do is in the
/// log, too.
pub(super) async fn open(config: &Config, parts: &Parts) -> Result<Arc<Auth>, Failure> {
    let (store, auth) = connect(config, parts).await?;
    match store.schema_state().await.map_err(|error| unusable(&config.database, &error))? {
        SchemaState::Current => {
            check_clock(&store, parts).await?;
            Ok(auth)
        }
        SchemaState::Old => Err(Failure::OldSchema { url: config.database.masked_url() }),
    }
}

/// What is changed here carries this clock's time, and running instances look for recent changes: one
/// that seems old would never be seen.
async fn check_clock(store: &Store, parts: &Parts) -> Result<(), Failure> {
    let theirs = store.database_time().await?.millis();
    let difference = theirs.abs_diff(parts.clock.now().millis());
    if difference > MAX_CLOCK_DIFFERENCE {
        return Err(Failure::Refused(format!(
            "this clock and the database's differ by {difference} ms: set it right first, else \
             running instances may not learn of the change"
        )));
    }
    Ok(())
}

/// The database, whatever its schema, and the migrations that it has and lacks.
pub(super) async fn open_any(
    config: &Config,
    parts: &Parts,
) -> Result<(Store, Vec<MigrationStatus>), Failure> {
    let (store, _) = connect(config, parts).await?;
    let steps = store.migrations().await.map_err(|error| unusable(&config.database, &error))?;
    Ok((store, steps))
}

async fn connect(config: &Config, parts: &Parts) -> Result<(Store, Arc<Auth>), Failure> {
    telemetry::install(&config.log)?;
    app::open(config, parts).await.map_err(|error| not_started(&config.database, error))
}

/// The failure to tell of; one of the database says what was tried.
pub(super) fn not_started(database: &Database, error: StartError) -> Failure {
    if let StartError::Store(error) = &error {
        return unusable(database, error);
    }
    error.into()
}

/// Some errors repeat the URL, which may hold a password.
fn unusable(database: &Database, error: &StoreError) -> Failure {
    let url = database.masked_url();
    let error = error.to_string().replace(database.url.expose(), &url);
    Failure::Database { url, error }
}
