//! `GET /api/auth/verify` with pairs never seen, apart from the load: its own cores for each.
//!
//! What is asked for is the service's CPU time. Where the load runs on the same cores, that time also
//! holds what the two do to each other's caches, on every request anew.

use std::{path::Path, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tandem::{
    crypto::keys::PublicKey,
    domain::{
        clock::{Clock, SystemClock},
        half::Half,
    },
};

use super::{CONNECTIONS, SESSIONS, VERIFY, known_pairs, verify_requests};
use crate::{
    client::{Requests, load, load_count},
    cores::Cores,
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

pub(super) async fn measure(plan: &Plan, directory: &Path, table: &mut Table) {
    let issuer = Issuer::new();
    let database = Kind::Sqlite(directory).make("unseen", directory, SESSIONS).await;
    Cores::First.take();
    let floor = Program::floor(Floor::Verify, "").await;
    let service = Program::service(plan, &Settings::on(&database.url), directory).await;
    let check = Program::floor(Floor::Check, "").await;
    Cores::Second.take();

    let known = known_pairs(&issuer);
    load_count(&floor, &known, CONNECTIONS, known.len()).await;
    let count = NEW_PAIRS_A_SECOND * plan.turn().as_secs_f64();
    let (mut bare, mut first, mut twice, mut raw) = <(Series, Series, Series, Series)>::default();
    for _ in 0..plan.rounds() {
        bare.push(load(&floor, &known, CONNECTIONS, plan.turn()).await);
        let new = Requests::once(new_pairs(&issuer, count));
        first.push(load(&service, &new, CONNECTIONS, plan.turn()).await);
        twice.push(load(&check, &known, CONNECTIONS, plan.turn()).await);
        raw.push(raw_verifications(&issuer, plan.turn() / 2));
    }
    Cores::All.take();

    table.program("(a) bare poem handler, apart from the load", &bare);
    table.program("(c) verify, pairs never seen before, apart from the load", &first);
    table.program("bare poem handler with two strict verifications, likewise", &twice);
    table.program("one raw strict Ed25519 verification, likewise", &raw);
    let title = "(c) never seen: CPU / ((a) + two raw verifications)";
    table.ratio(title, first.cost_over(&bare.plus_twice(&raw)), Target::AtMost(1.2));
    let title = "(c) never seen: CPU / bare poem handler with two verifications";
    table.ratio(title, first.cost_over(&twice), Target::Open);
}

fn new_pairs(issuer: &Issuer, count: f64) -> Vec<Vec<u8>> {
    let mut requests = Vec::new();
    while requests.len() < 1000 || f64::from(u32::try_from(requests.len()).unwrap()) < count {
        requests.extend(verify_requests(issuer, VERIFY, 1000));
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

/// Verifies the messages of access tokens and does nothing else, on every core it may use.
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
