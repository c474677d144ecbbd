//! Opening the database.

use std::{
    fs::{DirBuilder, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    time::Duration,
};

use sea_orm::{
    ConnectOptions, Database,
    sqlx::{AssertSqlSafe, Executor, sqlite},
};
use tokio::time::{Instant, sleep};
use tracing::log::LevelFilter;

use super::{Store, StoreError};

/// Between two tries to open a database that somebody else is making.
const PAUSE: Duration = Duration::from_millis(10);

impl Store {
    /// Opens a pool on `url`. PostgreSQL and MySQL are not asked yet: they may be away; the file of
    /// an SQLite database is made here, with its directory.
    ///
    /// `timeout` bounds the wait for a connection.
    pub async fn open(
        url: &str,
        timeout: Duration,
        max_connections: u32,
    ) -> Result<Self, StoreError> {
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(max_connections)
            .acquire_timeout(timeout)
            .connect_timeout(timeout)
            .sqlx_logging(false)
            .connect_lazy(true)
            .sqlx_slow_statements_logging_settings(LevelFilter::Off, timeout);
        if let Some(file) = sqlite_file(url) {
            // If this fails, opening the file tells why.
            let _ = prepare_file(Path::new(file), url);
            options.map_sqlx_sqlite_opts(move |options| tune(options, timeout));
        }
        limit_lock_waits(&mut options, timeout);
        // The one who makes an SQLite database changes its journal, and others meet a lock for which
        // SQLite does not wait.
        let deadline = Instant::now() + timeout;
        loop {
            match Database::connect(options.clone()).await.map_err(StoreError::from) {
                Err(StoreError::Contended(_)) if Instant::now() < deadline => sleep(PAUSE).await,
                outcome => return Ok(Self { db: outcome? }),
            }
        }
    }
}

/// Servers let a statement wait for a lock for a minute or for ever; SQLite is told by [`tune`].
fn limit_lock_waits(options: &mut ConnectOptions, timeout: Duration) {
    let millis = timeout.as_millis().max(1);
    options.map_sqlx_postgres_pool_opts(move |pool| {
        pool.after_connect(move |connection, _| {
            let set = format!("SET lock_timeout = {millis}");
            Box::pin(async move { connection.execute(AssertSqlSafe(set)).await.map(drop) })
        })
    });
    let seconds = timeout.as_secs().max(1);
    options.map_sqlx_mysql_pool_opts(move |pool| {
        pool.after_connect(move |connection, _| {
            let set = format!("SET innodb_lock_wait_timeout = {seconds}");
            Box::pin(async move { connection.execute(AssertSqlSafe(set)).await.map(drop) })
        })
    });
}

/// WAL lets readers go on beside one writer. `FULL`, because a power cut must not take back a rotation
/// that a browser has seen, nor a logout.
fn tune(options: sqlite::SqliteConnectOptions, timeout: Duration) -> sqlite::SqliteConnectOptions {
    options
        .journal_mode(sqlite::SqliteJournalMode::Wal)
        .synchronous(sqlite::SqliteSynchronous::Full)
        .busy_timeout(timeout)
        .foreign_keys(true)
}

/// Makes the file, and its directory, for its owner alone: it holds hashes and addresses. SQLite gives
/// its companions the same mode.
fn prepare_file(file: &Path, url: &str) -> io::Result<()> {
    if let Some(directory) = file.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    }
    if url.contains("mode=rwc") && !file.exists() {
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    }
    Ok(())
}

/// The file in an SQLite URL; `None` for another database or one in memory.
fn sqlite_file(url: &str) -> Option<&str> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    (!path.is_empty() && path != ":memory:").then_some(path)
}
