//! `GET /api/auth/verify` with pairs seen before, and the floor.

use std::{path::Path, time::Duration};

use super::{CONNECTIONS, PAIRS, SESSIONS, known_pairs, known_pairs_of};
use crate::{
    client::{Requests, load, load_count},
    database::Kind,
    floor::Floor,
    options::Plan,
    process::Program,
    sample::Series,
    settings::Settings,
    table::{Table, Target},
    tokens::Issuer,
};

#[derive(Default)]
struct Results {
    floor: Series,
    quiet: Series,
    logging: Series,
    role: Series,
}

pub(super) async fn measure(plan: &Plan, directory: &Path, table: &mut Table) {
    let issuer = Issuer::new();
    let database = Kind::Sqlite(directory).make("verify", directory, SESSIONS).await;
    let settings = Settings::on(&database.url);
    let logged = settings.with("LOG__ACCESS", "true");
    let floor = Program::floor(Floor::Verify, "").await;
    let quiet = Program::service(plan, &settings, directory).await;
    let logging = Program::service(plan, &logged, directory).await;

    let known = known_pairs(&issuer);
    let with_role = known_pairs_of(&issuer, "/api/auth/verify?role=editor");
    for program in [&floor, &quiet, &logging] {
        load_count(program, &known, CONNECTIONS, known.len()).await;
    }
    let mut results = Results::default();
    for _ in 0..plan.rounds() {
        results.floor.push(load(&floor, &known, CONNECTIONS, plan.turn()).await);
        results.quiet.push(load(&quiet, &known, CONNECTIONS, plan.turn()).await);
        results.role.push(load(&quiet, &with_role, CONNECTIONS, plan.turn()).await);
        results.logging.push(load(&logging, &known, CONNECTIONS, plan.turn()).await);
    }
    report(&results, table);
    if let Some(server) = &plan.postgres {
        count_transactions(plan, directory, Kind::Postgres(server), &known, table).await;
    }
}

fn report(results: &Results, table: &mut Table) {
    let Results { floor, quiet, logging, role } = results;
    table.program("(a) bare poem handler", floor);
    table.program("(b) verify, pairs seen before, no access log", quiet);
    table.program("(b) verify, a role asked for, no access log", role);
    table.program("(b) verify, pairs seen before, access log to a file", logging);
    let at_least = Target::AtLeast;
    let title = "(b) seen before, no access log: throughput / (a)";
    table.ratio(title, quiet.throughput_over(floor), at_least(0.80));
    let title = "(b) a role asked for, no access log: throughput / (a)";
    table.ratio(title, role.throughput_over(floor), at_least(0.75));
    let title = "(b) seen before, access log: throughput / (a)";
    table.ratio(title, logging.throughput_over(floor), at_least(0.65));
    table.ratio("(b) no access log: CPU / (a)", quiet.cost_over(floor), Target::Open);
    table.ratio("(b) access log: CPU / (a)", logging.cost_over(floor), Target::Open);
}

/// Answering from memory leaves no trace in the database: the service's own looks are all there is,
/// as many under load as without.
async fn count_transactions(
    plan: &Plan,
    directory: &Path,
    kind: Kind<'_>,
    known: &Requests,
    table: &mut Table,
) {
    let database = kind.make("verify", directory, SESSIONS).await;
    let service = Program::service(plan, &Settings::on(&database.url), directory).await;
    load_count(&service, known, CONNECTIONS, known.len()).await;
    let span = Duration::from_secs(3);
    // The server publishes its counts with some delay.
    let settle = Duration::from_secs(2);
    tokio::time::sleep(settle).await;
    let start = database.transactions().await;
    tokio::time::sleep(span + settle).await;
    let idle = database.transactions().await;
    let sample = load(&service, known, CONNECTIONS, span).await;
    tokio::time::sleep(settle).await;
    let busy = database.transactions().await;
    table.note(format!(
        "PostgreSQL counted {} transactions while the service was idle, and {} in as many seconds \
         in which it answered {} questions about {PAIRS} pairs.",
        idle - start,
        busy - idle,
        sample.requests,
    ));
    drop(service);
    database.remove().await;
}
