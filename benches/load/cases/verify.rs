//! `GET /api/auth/verify`: pairs seen before, pairs never seen, and the floor.

use std::{path::Path, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tandem::{
    crypto::keys::PublicKey,
    domain::{
        clock::{Clock, SystemClock},
        half::Half,
    },
};

use super::{CONNECTIONS, PAIRS, SESSIONS, known_pairs, verify_requests};
use crate::{
    client::{Requests, load, load_count},
    database::Kind,
    floor::Floor,
    options::Plan,
    process::Program,
    sample::{Sample, Series},
    settings::Settings,
    table::{Table, Target},
    tokens::{Issuer, signing_key},
};

/// More than are asked about in a second.
const NEW_PAIRS_A_SECOND: f64 = 25_000.0;

#[derive(Default)]
struct Results {
    floor: Series,
    quiet: Series,
    logging: Series,
    first: Series,
    check: Series,
    raw: Series,
}

pub(super) async fn measure(plan: &Plan, directory: &Path, table: &mut Table) {
    let issuer = Issuer::new();
    let database = Kind::Sqlite(directory).make("verify", directory, SESSIONS).await;
    let settings = Settings::on(&database.url);
    let logged = settings.with("LOG__ACCESS", "true");
    let floor = Program::floor(Floor::Verify, "").await;
    let quiet = Program::service(plan, &settings, directory).await;
    let logging = Program::service(plan, &logged, directory).await;
    // One more, so that what it meets for the first time takes nothing out of the others' memory.
    let first = Program::service(plan, &settings, directory).await;
    let check = Program::floor(Floor::Check, "").await;

    let known = known_pairs(&issuer);
    for program in [&floor, &quiet, &logging] {
        load_count(program, &known, CONNECTIONS, known.len()).await;
    }
    let count = NEW_PAIRS_A_SECOND * plan.turn().as_secs_f64();
    let mut results = Results::default();
    for _ in 0..plan.rounds() {
        results.floor.push(load(&floor, &known, CONNECTIONS, plan.turn()).await);
        results.quiet.push(load(&quiet, &known, CONNECTIONS, plan.turn()).await);
        results.logging.push(load(&logging, &known, CONNECTIONS, plan.turn()).await);
        let new = Requests::once(new_pairs(&issuer, count));
        results.first.push(load(&first, &new, CONNECTIONS, plan.turn()).await);
        results.check.push(load(&check, &known, CONNECTIONS, plan.turn()).await);
        results.raw.push(raw_verifications(&issuer, plan.turn() / 2));
    }
    report(&results, table);
    if let Some(server) = &plan.postgres {
        count_transactions(plan, directory, Kind::Postgres(server), &known, table).await;
    }
}

fn report(results: &Results, table: &mut Table) {
    let Results { floor, quiet, logging, first, check, raw } = results;
    table.program("(a) bare poem handler", floor);
    table.program("(b) verify, pairs seen before, no access log", quiet);
    table.program("(b) verify, pairs seen before, access log to a file", logging);
    table.program("(c) verify, pairs never seen before", first);
    table.program("bare poem handler with two strict verifications", check);
    table.program("one raw strict Ed25519 verification, on every core", raw);
    let at_least = Target::AtLeast;
    let title = "(b) seen before, no access log: throughput / (a)";
    table.ratio(title, quiet.throughput_over(floor), at_least(0.80));
    let title = "(b) seen before, access log: throughput / (a)";
    table.ratio(title, logging.throughput_over(floor), at_least(0.65));
    table.ratio("(b) no access log: CPU / (a)", quiet.cost_over(floor), Target::Open);
    table.ratio("(b) access log: CPU / (a)", logging.cost_over(floor), Target::Open);
    let least = floor.plus_twice(raw);
    let title = "(c) never seen: CPU / ((a) + two raw verifications)";
    table.ratio(title, first.cost_over(&least), Target::AtMost(1.2));
    let title = "(c) never seen: CPU / bare poem handler with two verifications";
    table.ratio(title, first.cost_over(check), Target::Open);
}

fn new_pairs(issuer: &Issuer, count: f64) -> Vec<Vec<u8>> {
    let mut requests = Vec::new();
    while requests.len() < 1000 || f64::from(u32::try_from(requests.len()).unwrap()) < count {
        requests.extend(verify_requests(issuer, 1000));
    }
    requests
}

/// A signed message, ready to be verified.
struct Signed {
    key: PublicKey,
    message: Vec<u8>,
    signature: Vec<u8>,
}

impl Signed {
    fn read(half: Half, token: &str) -> Self {
        let (message, signature) = token.rsplit_once('.').unwrap();
        Self {
            key: signing_key(half).public(),
            message: message.as_bytes().to_vec(),
            signature: URL_SAFE_NO_PAD.decode(signature).unwrap(),
        }
    }
}

/// Verifies the messages of access tokens and does nothing else; on every core, because cores that
/// share something make each other slower.
fn raw_verifications(issuer: &Issuer, turn: Duration) -> Sample {
    let pairs = (0..100).map(|number| issuer.pair(number, 1, SystemClock.now()));
    let signed = pairs.flat_map(|pair| {
        [Signed::read(Half::Body, &pair.body), Signed::read(Half::Cookie, &pair.cookie)]
    });
    let signed: Vec<Signed> = signed.collect();
    super::on_every_core(turn, || {
        for Signed { key, message, signature } in &signed {
            assert!(key.verify(message, signature));
        }
        200
    })
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
