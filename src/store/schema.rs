//! The schema's state, and moving it.

use migration::{MigrationStatus as Status, Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use super::{Store, StoreError, Transaction};

/// One migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its name.
    pub name: String,
    /// True if it has been applied.
    pub applied: bool,
}

/// How the schema of the database compares with what this program needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaState {
    /// As needed.
    Current,
    /// Migrations are pending.
    Old,
}

/// Names the lock that migrating replicas queue for.
const LOCK: i64 = 0x7461_6e64_656d;

const NEWER: &str =
    "its schema is newer than this program: use the program that made it, or a backup";

impl Store {
    /// Every migration this program knows, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Inconsistent`] if the database has one that this program does not know.
    pub async fn migrations(&self) -> Result<Vec<MigrationStatus>, StoreError> {
        let steps = Migrator::get_migration_with_status_read_only(&self.db).await;
        let steps = steps.map_err(|error| {
            if matches!(error, DbErr::Custom(_)) {
                return StoreError::Inconsistent(NEWER);
            }
            error.into()
        })?;
        Ok(steps
            .iter()
            .map(|step| MigrationStatus {
                name: step.name().to_owned(),
                applied: step.status() == Status::Applied,
            })
            .collect())
    }

    /// Whether migrations are pending.
    pub async fn schema_state(&self) -> Result<SchemaState, StoreError> {
        let current = self.migrations().await?.iter().all(|step| step.applied);
        Ok(if current { SchemaState::Current } else { SchemaState::Old })
    }

    /// Applies all pending migrations. Any number of replicas may try at once.
    pub async fn migrate_up(&self) -> Result<(), StoreError> {
        let transaction = self.migration_lock().await?;
        Migrator::up(&transaction.inner, None).await?;
        self.migration_unlock(transaction).await
    }

    /// Takes back the newest migration, and the data it holds.
    pub async fn migrate_down(&self) -> Result<(), StoreError> {
        let transaction = self.migration_lock().await?;
        Migrator::down(&transaction.inner, Some(1)).await?;
        self.migration_unlock(transaction).await
    }

    /// SQLite's immediate transaction is the lock; PostgreSQL's ends with its transaction; MySQL's
    /// belongs to the connection, because its schema statements commit by themselves.
    async fn migration_lock(&self) -> Result<Transaction, StoreError> {
        let transaction = self.begin().await?;
        let lock = match self.backend() {
            DbBackend::Postgres => Some(format!("select pg_advisory_xact_lock({LOCK})")),
            DbBackend::MySql => Some(format!("select get_lock('tandem-{LOCK}', 600)")),
            DbBackend::Sqlite | _ => None,
        };
        if let Some(sql) = lock {
            let statement = Statement::from_string(self.backend(), sql);
            let answer = transaction.inner.query_one_raw(statement).await?;
            let refused = self.backend() == DbBackend::MySql
                && answer.and_then(|row| row.try_get_by_index::<Option<i64>>(0).ok().flatten())
                    != Some(1);
            if refused {
                return Err(StoreError::Inconsistent("another migration does not come to its end"));
            }
        }
        Ok(transaction)
    }

    async fn migration_unlock(&self, transaction: Transaction) -> Result<(), StoreError> {
        if self.backend() == DbBackend::MySql {
            let sql = format!("select release_lock('tandem-{LOCK}')");
            let statement = Statement::from_string(self.backend(), sql);
            transaction.inner.query_one_raw(statement).await?;
        }
        transaction.commit().await
    }
}
