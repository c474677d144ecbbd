//! Databases to measure on: made here, brought up to date by the service's own code, filled.

use std::{path::Path, sync::Arc, time::Duration};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use tandem::domain::{
    clock::{Clock, ManualClock, SystemClock},
    half::Half,
    ring::Ring,
};

use crate::{seed, settings::Settings, tokens::signing_key_pem};

/// A database that is there for one case.
pub(crate) struct Database {
    pub(crate) url: String,
    /// Where it can be dropped, if it has to be.
    server: Option<(String, String)>,
}

/// A kind of database to measure on.
#[derive(Clone, Copy)]
pub(crate) enum Kind<'a> {
    /// A file in this directory.
    Sqlite(&'a Path),
    /// On the server behind this URL.
    Postgres(&'a str),
}

impl Kind<'_> {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// A database with the schema, the keys that sign the measurements' tokens, and `sessions`.
    pub(crate) async fn make(self, name: &str, directory: &Path, sessions: u32) -> Database {
        let database = match self {
            Self::Sqlite(directory) => {
                let url = format!("sqlite://{}/{name}.db?mode=rwc", directory.display());
                Database { url, server: None }
            }
            Self::Postgres(server) => postgres(server, name).await,
        };
        prepare(&Settings::on(&database.url), directory).await;
        seed::fill(&database.connect().await, sessions).await;
        database
    }
}

async fn postgres(server: &str, name: &str) -> Database {
    let name = format!("tandem_bench_{name}");
    let connection = sea_orm::Database::connect(server).await.unwrap();
    for sql in [format!("drop database if exists {name}"), format!("create database {name}")] {
        connection.execute_unprepared(&sql).await.unwrap();
    }
    let (start, query) =
        server.split_once('?').map_or((server, ""), |(start, query)| (start, query));
    let (start, _) = start.rsplit_once('/').unwrap();
    Database {
        url: format!("{start}/{name}?{query}").trim_end_matches('?').to_owned(),
        server: Some((server.to_owned(), name)),
    }
}

impl Database {
    pub(crate) async fn connect(&self) -> DatabaseConnection {
        sea_orm::Database::connect(&self.url).await.unwrap()
    }

    /// Transactions so far, as the server counts them.
    pub(crate) async fn transactions(&self) -> i64 {
        let (server, name) = self.server.as_ref().unwrap();
        let connection = sea_orm::Database::connect(server).await.unwrap();
        let sql = format!(
            "select xact_commit + xact_rollback as n from pg_stat_database where datname = '{name}'"
        );
        let statement = Statement::from_string(DbBackend::Postgres, sql);
        connection.query_one_raw(statement).await.unwrap().unwrap().try_get("", "n").unwrap()
    }

    /// Drops it; a file goes with its directory.
    pub(crate) async fn remove(self) {
        if let Some((server, name)) = self.server {
            let connection = sea_orm::Database::connect(server).await.unwrap();
            let sql = format!("drop database if exists {name} with (force)");
            connection.execute_unprepared(&sql).await.unwrap();
        }
    }
}

/// The schema, and our keys in force: imported a while ago, as far as the service can tell.
async fn prepare(settings: &Settings, directory: &Path) {
    let ago = Duration::from_mins(10);
    let clock = Arc::new(ManualClock::new(SystemClock.now().minus(ago)));
    let (store, auth) = settings.open(directory, Arc::<ManualClock>::clone(&clock)).await;
    store.migrate_up().await.unwrap();
    auth.first_look().await.unwrap();
    for half in [Half::Body, Half::Cookie] {
        auth.import_key(Ring::from(half), &signing_key_pem(half), true).await.unwrap();
    }
    clock.advance(ago / 2);
    auth.look().await.unwrap();
}
