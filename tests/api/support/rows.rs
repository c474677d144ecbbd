//! What stories do to the database behind the service's back.

use entity::sessions::{Entity, Model};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait,
    IntoActiveModel, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

use super::database::{TestDatabase, backend};

impl TestDatabase {
    /// The row of a session.
    pub(crate) async fn stored_session(&self, id: &str) -> Model {
        let connection = self.connect().await;
        let row = Entity::find_by_id(id).one(&connection).await.unwrap().unwrap();
        connection.close().await.unwrap();
        row
    }

    /// Puts the row of a session back as it was, as the restore of a backup does.
    pub(crate) async fn restore_session(&self, row: Model) {
        let connection = self.connect().await;
        row.into_active_model().reset_all().update(&connection).await.unwrap();
        connection.close().await.unwrap();
    }

    /// Ends a session in a transaction that is still open.
    pub(crate) async fn begin_ending(&self, id: &str, reason: &str) -> DatabaseTransaction {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = self.connect().await.begin_with_options(options).await.unwrap();
        let statement = format!(
            "update sessions set ended_at = 1, changed_at = 1, end_reason = '{reason}', \
             body_hash = null, cookie_hash = null, previous_body_hash = null, \
             previous_cookie_hash = null, salt = null where id = '{id}'"
        );
        transaction.execute_unprepared(&statement).await.unwrap();
        transaction
    }

    /// From now on, writing that a body half has been seen fails.
    pub(crate) async fn refuse_acknowledgements(&self) {
        let condition = "old.acknowledged_at is null and new.acknowledged_at is not null";
        let connection = self.connect().await;
        let statements = match backend(&connection) {
            DbBackend::Postgres => vec![
                format!(
                    "create function refuse() returns trigger language plpgsql as $$ begin \
                     if {condition} then raise exception 'refused'; end if; return new; end $$"
                ),
                "create trigger refuse before update on sessions \
                 for each row execute function refuse()"
                    .to_owned(),
            ],
            DbBackend::MySql => vec![format!(
                "create trigger refuse before update on sessions for each row begin \
                 if {condition} then signal sqlstate '45000'; end if; end"
            )],
            DbBackend::Sqlite | _ => vec![format!(
                "create trigger refuse before update on sessions when {condition} \
                 begin select raise(abort, 'refused'); end"
            )],
        };
        for statement in statements {
            // Not as a prepared statement: MariaDB takes no trigger that way.
            connection.execute_unprepared(&statement).await.unwrap();
        }
        connection.close().await.unwrap();
    }

    /// It succeeds again.
    pub(crate) async fn accept_acknowledgements(&self) {
        let connection = self.connect().await;
        let table = match backend(&connection) {
            DbBackend::Postgres => " on sessions",
            DbBackend::MySql | DbBackend::Sqlite | _ => "",
        };
        connection.execute_unprepared(&format!("drop trigger refuse{table}")).await.unwrap();
        connection.close().await.unwrap();
    }
}
