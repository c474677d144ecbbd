//! The same with a million sessions in the database.

use std::path::Path;

use tandem::domain::clock::{Clock, SystemClock};

use super::{CONNECTIONS, SESSIONS, kinds, known_pairs, refresh::rotations};
use crate::{
    client::{Requests, load, load_count},
    database::Kind,
    options::Plan,
    process::Program,
    sample::Series,
    settings::Settings,
    table::{Table, Target},
    tokens::Issuer,
};

const MILLION: u32 = 1_000_000;
/// Has no factor in common with a million: counting in such steps meets every session once.
const STEP: u64 = 617_411;
/// More rotations than fit into a second.
const ROTATIONS_A_SECOND: f64 = 6000.0;

pub(super) async fn measure(plan: &Plan, directory: &Path, table: &mut Table) {
    for kind in kinds(plan, directory) {
        measure_on(kind, plan, directory, table).await;
    }
}

#[derive(Default)]
struct Results {
    verify_few: Series,
    verify_many: Series,
    rotate_few: Series,
    rotate_many: Series,
    rotate_all: Series,
}

async fn measure_on(kind: Kind<'_>, plan: &Plan, directory: &Path, table: &mut Table) {
    let issuer = Issuer::new();
    let (few, many) =
        (kind.make("few", directory, SESSIONS).await, kind.make("many", directory, MILLION).await);
    let with_few = Program::service(plan, &Settings::on(&few.url), directory).await;
    let with_many = Program::service(plan, &Settings::on(&many.url), directory).await;
    let known = known_pairs(&issuer);
    let (renewed_few, renewed_many) =
        (Requests::renewed(rotations(&issuer)), Requests::renewed(rotations(&issuer)));
    for (program, rotations) in [(&with_few, &renewed_few), (&with_many, &renewed_many)] {
        load_count(program, &known, CONNECTIONS, known.len()).await;
        load_count(program, rotations, CONNECTIONS, rotations.len()).await;
    }
    let mut results = Results::default();
    let mut all = Everybody { issuer: &issuer, met: 0 };
    for _ in 0..plan.rounds() {
        let turn = plan.turn();
        results.verify_few.push(load(&with_few, &known, CONNECTIONS, turn).await);
        results.verify_many.push(load(&with_many, &known, CONNECTIONS, turn).await);
        results.rotate_few.push(load(&with_few, &renewed_few, CONNECTIONS, turn).await);
        results.rotate_many.push(load(&with_many, &renewed_many, CONNECTIONS, turn).await);
        let everybody = Requests::once(all.next(ROTATIONS_A_SECOND * turn.as_secs_f64()));
        results.rotate_all.push(load(&with_many, &everybody, CONNECTIONS, turn).await);
    }
    drop((with_few, with_many));
    few.remove().await;
    many.remove().await;
    report(kind.name(), &results, table);
}

/// All sessions but those that are rotated anyway, in an order without order.
struct Everybody<'a> {
    issuer: &'a Issuer,
    met: u64,
}

impl Everybody<'_> {
    fn next(&mut self, count: f64) -> Vec<Vec<u8>> {
        let iat = SystemClock.now().minus(super::refresh::OLD);
        let mut requests = Vec::new();
        while f64::from(u32::try_from(requests.len()).unwrap()) < count {
            self.met += 1;
            let number = u32::try_from(self.met * STEP % u64::from(MILLION)).unwrap();
            if number >= SESSIONS {
                requests.push(self.issuer.refresh_request(number, iat));
            }
        }
        requests
    }
}

fn report(kind: &str, results: &Results, table: &mut Table) {
    let Results { verify_few, verify_many, rotate_few, rotate_many, rotate_all } = results;
    let rows = [
        ("(b) verify, 1 000 sessions", verify_few),
        ("(f) verify, 1 000 000 sessions", verify_many),
        ("(d) rotation, 1 000 sessions", rotate_few),
        ("(f) rotation, the same 1 000 of 1 000 000 sessions", rotate_many),
        ("(f) rotation, any of 1 000 000 sessions", rotate_all),
    ];
    for (name, series) in rows {
        table.program(&format!("{name}, {kind}"), series);
    }
    // As time for a request, so that more is worse.
    let ratio = verify_few.throughput_over(verify_many);
    let title = format!("(f) verify, {kind}: time with 1 000 000 sessions / with 1 000");
    table.ratio(&title, ratio, Target::AtMost(1.1));
    let ratio = rotate_few.throughput_over(rotate_many);
    let title = format!("(f) rotation, {kind}: time with 1 000 000 sessions / with 1 000");
    table.ratio(&title, ratio, Target::AtMost(1.2));
    let ratio = rotate_few.throughput_over(rotate_all);
    let title = format!("(f) rotation, {kind}: time over all of 1 000 000 / with 1 000");
    table.ratio(&title, ratio, Target::Open);
}
