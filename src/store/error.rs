//! What can go wrong with a database.

use sea_orm::{
    DbErr, RuntimeErr, SqlErr,
    sqlx::{self, mysql::MySqlDatabaseError},
};

/// A database operation failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is away or overloaded: trying again later may help.
    #[error("the database is not available: {0}")]
    Unavailable(DbErr),
    /// The database backed out of a transaction that others were in the way of: the same one may
    /// succeed at once.
    #[error("the database backed out: {0}")]
    Contended(DbErr),
    /// The database did not answer in time.
    #[error("the database does not answer")]
    TimedOut,
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

impl StoreError {
    /// True where the same operation may succeed a little later.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Contended(_) | Self::TimedOut)
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if let Some(SqlErr::UniqueConstraintViolation(_)) = error.sql_err() {
            return Self::Conflict;
        }
        match severity(&error) {
            Severity::Contended => Self::Contended(error),
            Severity::Unavailable => Self::Unavailable(error),
            Severity::Defect => Self::Refused(error),
        }
    }
}

enum Severity {
    Contended,
    Unavailable,
    Defect,
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the driver's other errors are all defects")]
fn severity(error: &DbErr) -> Severity {
    if matches!(error, DbErr::ConnectionAcquire(_)) {
        return Severity::Unavailable;
    }
    let (DbErr::Conn(cause) | DbErr::Exec(cause) | DbErr::Query(cause)) = error else {
        return Severity::Defect;
    };
    let RuntimeErr::SqlxError(cause) = cause else {
        // The pool reports a lost connection as text.
        return Severity::Unavailable;
    };
    match &**cause {
        sqlx::Error::Database(answer) => severity_of_answer(&**answer),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::BeginFailed
        | sqlx::Error::WorkerCrashed => Severity::Unavailable,
        _ => Severity::Defect,
    }
}

fn severity_of_answer(answer: &dyn sqlx::error::DatabaseError) -> Severity {
    if let Some(mysql) = answer.try_downcast_ref::<MySqlDatabaseError>() {
        return match mysql.number() {
            // Lock wait, deadlock, and MariaDB's "record has changed since last read".
            1020 | 1205 | 1213 => Severity::Contended,
            // Too many connections, shutting down, read-only, interrupted, killed.
            1040 | 1053 | 1290 | 1317 | 1836 | 1927 => Severity::Unavailable,
            _ => Severity::Defect,
        };
    }
    let Some(code) = answer.code() else { return Severity::Defect };
    // PostgreSQL's codes have five characters, SQLite's are numbers.
    if code.len() == 5 {
        match code.split_at(2) {
            // Serialization failure, deadlock, lock not available. Not 40003: what is not known to
            // have been backed out of is not done again.
            ("40", "001" | "P01") | ("55", "P03") => Severity::Contended,
            // Connection, resources, operator intervention, read-only.
            ("08" | "40" | "53" | "57", _) | ("25", "006") => Severity::Unavailable,
            _ => Severity::Defect,
        }
    } else {
        match code.parse().map(|code: i32| code & 0xff) {
            // Busy, locked; input/output, full.
            Ok(5 | 6) => Severity::Contended,
            Ok(10 | 13) => Severity::Unavailable,
            _ => Severity::Defect,
        }
    }
}
