//! What can go wrong with a database.

use sea_orm::{
    DbErr, RuntimeErr, SqlErr,
    sqlx::{self, mysql::MySqlDatabaseError},
};

/// A database operation failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is away, too busy, or gave up: trying again later may help.
    #[error("the database is not available: {0}")]
    Unavailable(DbErr),
    /// A unique value exists already.
    #[error("the row exists already")]
    Conflict,
    /// The rows contradict the rules.
    #[error("the database is inconsistent: {0}")]
    Inconsistent(&'static str),
    /// Anything else: a defect.
    #[error("the database refused a statement: {0}")]
    Refused(DbErr),
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if let Some(SqlErr::UniqueConstraintViolation(_)) = error.sql_err() {
            return Self::Conflict;
        }
        if is_transient(&error) { Self::Unavailable(error) } else { Self::Refused(error) }
    }
}

/// True where the same statement may succeed later: no connection, or the database backed out.
fn is_transient(error: &DbErr) -> bool {
    if matches!(error, DbErr::ConnectionAcquire(_)) {
        return true;
    }
    let (DbErr::Conn(cause) | DbErr::Exec(cause) | DbErr::Query(cause)) = error else {
        return false;
    };
    let RuntimeErr::SqlxError(cause) = cause else { return matches!(error, DbErr::Conn(_)) };
    match &**cause {
        sqlx::Error::Database(answer) => backed_out(&**answer),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::BeginFailed
        | sqlx::Error::WorkerCrashed => true,
        _ => false,
    }
}

fn backed_out(answer: &dyn sqlx::error::DatabaseError) -> bool {
    if let Some(mysql) = answer.try_downcast_ref::<MySqlDatabaseError>() {
        // Too many connections, shutting down, lock wait, deadlock, read-only, interrupted.
        return matches!(mysql.number(), 1040 | 1053 | 1205 | 1213 | 1290 | 1317 | 1836 | 1927);
    }
    let Some(code) = answer.code() else { return false };
    // PostgreSQL (five characters): connection, transaction rollback, resources, operator
    // intervention, read-only. SQLite (a number): busy, locked, input/output, full.
    if code.len() == 5 {
        ["08", "40", "53", "57"].iter().any(|class| code.starts_with(class)) || code == "25006"
    } else {
        code.parse().is_ok_and(|code: i32| matches!(code & 0xff, 5 | 6 | 10 | 13))
    }
}
