//! A database for one test, gone afterwards.

use std::cell::RefCell;

use std::fmt::Write;

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use tempfile::TempDir;

/// A fresh, empty database.
pub(crate) struct TestDatabase {
    pub(crate) url: String,
    /// Keeps the directory of an SQLite file alive.
    _directory: Option<TempDir>,
    server: Option<(String, String)>,
}

impl TestDatabase {
    /// On the kind of database that the environment chooses.
    pub(crate) async fn create() -> Self {
        match variable("TANDEM_TEST_DATABASE").as_deref() {
            None | Some("sqlite") => Self::sqlite(),
            Some("postgres") => Self::on_server("TANDEM_TEST_POSTGRES").await,
            Some("mysql") => Self::on_server("TANDEM_TEST_MYSQL").await,
            Some(other) => panic!("TANDEM_TEST_DATABASE={other}: sqlite, postgres or mysql"),
        }
    }

    fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/tandem.db?mode=rwc", directory.path().display());
        Self { url, _directory: Some(directory), server: None }
    }

    async fn on_server(variable_name: &str) -> Self {
        let admin = variable(variable_name).unwrap_or_else(|| panic!("set {variable_name}"));
        let name = format!("tandem_test_{}", unique());
        execute(&admin, &format!("create database {name}")).await;
        let (server, _) = admin.rsplit_once('/').unwrap();
        Self { url: format!("{server}/{name}"), _directory: None, server: Some((admin, name)) }
    }

    /// A connection of the test's own: direct access, named as such.
    pub(crate) async fn connect(&self) -> DatabaseConnection {
        Database::connect(&self.url).await.unwrap()
    }

    /// Runs one statement behind the service's back.
    pub(crate) async fn sql(&self, statement: &str) {
        execute(&self.url, statement).await;
    }

    /// The one number that a query behind the service's back gives.
    pub(crate) async fn number(&self, query: &str) -> i64 {
        let connection = self.connect().await;
        let statement = Statement::from_string(connection.get_database_backend(), query);
        let row = connection.query_one_raw(statement).await.unwrap().unwrap();
        let number = row.try_get_by_index(0).unwrap();
        connection.close().await.unwrap();
        number
    }

    /// The texts that a query behind the service's back gives.
    pub(crate) async fn texts(&self, query: &str) -> Vec<Option<String>> {
        let connection = self.connect().await;
        let statement = Statement::from_string(connection.get_database_backend(), query);
        let rows = connection.query_all_raw(statement).await.unwrap();
        connection.close().await.unwrap();
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }

    /// True where several instances can share it over a network.
    pub(crate) fn is_server(&self) -> bool {
        self.server.is_some()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            DOOMED.with_borrow_mut(|doomed| doomed.0.push(server));
        }
    }
}

/// Databases to be dropped at the end of the test's thread, when its runtime is gone. Before that, a
/// connection that has just begun to be made would never get further, and PostgreSQL, which asks all
/// of its processes, would wait for it.
#[derive(Default)]
struct Doomed(Vec<(String, String)>);

thread_local! {
    static DOOMED: RefCell<Doomed> = RefCell::default();
}

impl Drop for Doomed {
    fn drop(&mut self) {
        let doomed = std::mem::take(&mut self.0);
        if doomed.is_empty() {
            return;
        }
        let drop_them = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                for (admin, name) in doomed {
                    let force = if admin.starts_with("postgres") { " with (force)" } else { "" };
                    execute(&admin, &format!("drop database {name}{force}")).await;
                }
            });
        };
        std::thread::spawn(drop_them).join().unwrap();
    }
}

async fn execute(url: &str, statement: &str) {
    let connection = Database::connect(url).await.unwrap();
    connection
        .execute_raw(Statement::from_string(connection.get_database_backend(), statement))
        .await
        .unwrap();
    connection.close().await.unwrap();
}

/// Every text and binary value in every table, one a line: what a thief of the database would read.
pub(crate) async fn dump(database: &TestDatabase) -> String {
    let connection = database.connect().await;
    let mut text = String::new();
    for table in ["users", "sessions", "signing_keys"] {
        let statement = Statement::from_string(
            connection.get_database_backend(),
            format!("select * from {table}"),
        );
        for row in connection.query_all_raw(statement).await.unwrap() {
            for column in row.column_names() {
                if let Ok(value) = row.try_get::<Option<String>>("", &column) {
                    writeln!(text, "{table}.{column}={}", value.unwrap_or_default()).unwrap();
                } else if let Ok(value) = row.try_get::<Option<Vec<u8>>>("", &column) {
                    let bytes = value.unwrap_or_default();
                    writeln!(text, "{table}.{column}={}", String::from_utf8_lossy(&bytes)).unwrap();
                    writeln!(text, "{table}.{column}={bytes:02x?}").unwrap();
                }
            }
        }
    }
    text
}

/// Every value of every row, sorted: the same before and after what must change nothing.
pub(crate) async fn snapshot(database: &TestDatabase) -> Vec<String> {
    let connection = database.connect().await;
    let mut rows = Vec::new();
    for table in ["users", "sessions", "signing_keys"] {
        let select = format!("select * from {table}");
        let statement = Statement::from_string(connection.get_database_backend(), select);
        for row in connection.query_all_raw(statement).await.unwrap() {
            let mut text = table.to_owned();
            for column in row.column_names() {
                let value = row
                    .try_get::<Option<String>>("", &column)
                    .map(|value| format!("{value:?}"))
                    .or_else(|_| {
                        row.try_get::<Option<i64>>("", &column).map(|value| format!("{value:?}"))
                    })
                    .or_else(|_| {
                        row.try_get::<Option<Vec<u8>>>("", &column)
                            .map(|value| format!("{value:?}"))
                    });
                text.extend([" ", &column, "=", &value.unwrap()]);
            }
            rows.push(text);
        }
    }
    connection.close().await.unwrap();
    rows.sort();
    rows
}

pub(crate) fn backend(connection: &DatabaseConnection) -> DbBackend {
    connection.get_database_backend()
}

fn unique() -> String {
    use tandem::domain::{entropy::OsEntropy, id::TokenId};
    TokenId::random(&OsEntropy).to_string()
}

#[expect(clippy::disallowed_methods, reason = "tests are told by the environment where to run")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
