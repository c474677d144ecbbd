//! The database. The only module that names `entity` and SeaORM: domain values in, domain values out.

mod clients;
mod connect;
mod error;
mod keys;
mod renewal;
mod retry;
mod rows;
mod schema;
mod sessions;
mod users;

use sea_orm::{
    DatabaseConnection, DatabaseTransaction, DbBackend, FromQueryResult, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait,
};

pub use self::{
    clients::{MachineChange, StoredClient, StoredSecret},
    error::StoreError,
    keys::StoredKey,
    renewal::{NewHashes, RefreshState, Renewal, SecretHashes},
    retry::retry,
    schema::{MigrationStatus, SchemaState},
    sessions::{Change, NewSession, Rotation, StoredSession},
    users::{NewUser, StoredUser},
};
use crate::domain::clock::Timestamp;

/// A pool of connections to one database.
#[derive(Clone, Debug)]
pub struct Store {
    db: DatabaseConnection,
}

/// A transaction. Dropped without [`Transaction::commit`], it never happened.
#[derive(Debug)]
pub struct Transaction {
    inner: DatabaseTransaction,
}

impl Store {
    /// Begins a transaction; on SQLite an *immediate* one, because a read that later wants to write
    /// would fail instead of waiting its turn.
    ///
    /// Runs in a task of its own: the driver counts a transaction only after the server has answered,
    /// so that a caller that gives up before would leave it open on a pooled connection.
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let db = self.db.clone();
        let beginning = tokio::spawn(async move {
            db.begin_with_options(options).await.map(|inner| Transaction { inner })
        });
        let gone = |_| StoreError::Inconsistent("the task that begins a transaction was ended");
        Ok(beginning.await.map_err(gone)??)
    }

    /// The database's clock: also a check that it is there.
    pub async fn database_time(&self) -> Result<Timestamp, StoreError> {
        let sql = match self.backend() {
            DbBackend::Postgres => {
                "select cast(extract(epoch from clock_timestamp()) * 1000 as bigint) as millis"
            }
            DbBackend::MySql => "select cast(unix_timestamp(now(3)) * 1000 as signed) as millis",
            DbBackend::Sqlite | _ => "select cast(unixepoch('subsec') * 1000 as integer) as millis",
        };
        let row = DatabaseTime::find_by_statement(Statement::from_string(self.backend(), sql))
            .one(&self.db)
            .await?
            .ok_or(StoreError::Inconsistent("the database told no time"))?;
        Ok(Timestamp::from_millis(row.millis))
    }

    fn backend(&self) -> DbBackend {
        self.db.get_database_backend()
    }
}

#[derive(FromQueryResult)]
struct DatabaseTime {
    millis: i64,
}

impl Transaction {
    /// Makes it happen.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.inner.commit().await?)
    }
}
