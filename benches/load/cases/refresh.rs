//! `POST /api/auth/refresh`: rotations and resends, each against its floor.

use std::{path::Path, time::Duration};

use tandem::domain::clock::{Clock, SystemClock};

use super::{CONNECTIONS, SESSIONS, kinds};
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

/// Older than the reuse interval: such a pair calls for a rotation.
pub(super) const OLD: Duration = Duration::from_mins(5);

pub(super) async fn measure(plan: &Plan, directory: &Path, table: &mut Table) {
    for kind in kinds(plan, directory) {
        measure_on(kind, plan, directory, table).await;
    }
    if plan.postgres.is_none() {
        table.note("Not measured on PostgreSQL: no `--postgres URL`.".to_owned());
    }
}

/// Requests that make sessions 0, 1, … move on, again and again.
pub(super) fn rotations(issuer: &Issuer) -> Vec<Vec<u8>> {
    let iat = SystemClock.now().minus(OLD);
    (0..SESSIONS).map(|number| issuer.refresh_request(number, iat)).collect()
}

/// Requests that come too soon after the tokens were minted, from sessions that never moved on.
fn resends(issuer: &Issuer) -> Requests {
    let numbers = SESSIONS..2 * SESSIONS;
    let now = SystemClock.now();
    Requests::repeated(numbers.map(|number| issuer.refresh_request(number, now)).collect())
}

#[derive(Default)]
struct Results {
    rotate_floor: Series,
    rotate: Series,
    resend_floor: Series,
    resend: Series,
}

async fn measure_on(kind: Kind<'_>, plan: &Plan, directory: &Path, table: &mut Table) {
    let issuer = Issuer::new();
    let (ours, theirs) = (
        kind.make("service", directory, 2 * SESSIONS).await,
        kind.make("floor", directory, 2 * SESSIONS).await,
    );
    let service = Program::service(plan, &Settings::on(&ours.url), directory).await;
    let rotate_floor = Program::floor(Floor::Rotate, &theirs.url).await;
    let resend_floor = Program::floor(Floor::Resend, &theirs.url).await;

    let renewed = Requests::renewed(rotations(&issuer));
    let repeated = Requests::repeated(rotations(&issuer));
    for (program, requests) in [(&service, &renewed), (&rotate_floor, &repeated)] {
        load_count(program, requests, CONNECTIONS, requests.len()).await;
    }
    let mut results = Results::default();
    for _ in 0..plan.rounds() {
        let turn = plan.turn();
        results.rotate_floor.push(load(&rotate_floor, &repeated, CONNECTIONS, turn).await);
        results.rotate.push(load(&service, &renewed, CONNECTIONS, turn).await);
        let soon = resends(&issuer);
        results.resend_floor.push(load(&resend_floor, &soon, CONNECTIONS, turn).await);
        results.resend.push(load(&service, &soon, CONNECTIONS, turn).await);
    }
    drop((service, rotate_floor, resend_floor));
    ours.remove().await;
    theirs.remove().await;
    report(kind.name(), &results, table);
}

fn report(kind: &str, results: &Results, table: &mut Table) {
    let Results { rotate_floor, rotate, resend_floor, resend } = results;
    table.program(&format!("floor of a rotation, {kind}"), rotate_floor);
    table.program(&format!("(d) refresh that rotates, {kind}"), rotate);
    table.program(&format!("floor of a resend, {kind}"), resend_floor);
    table.program(&format!("(d) refresh that resends, {kind}"), resend);
    let ratio = rotate.throughput_over(rotate_floor);
    let title = format!("(d) rotation, {kind}: throughput / floor");
    table.ratio(&title, ratio, Target::AtLeast(0.75));
    let title = format!("(d) rotation, {kind}: CPU / floor");
    table.ratio(&title, rotate.cost_over(rotate_floor), Target::Open);
    let title = format!("(d) resend, {kind}: throughput / floor");
    table.ratio(&title, resend.throughput_over(resend_floor), Target::Open);
    let title = format!("(d) resend, {kind}: CPU / floor");
    table.ratio(&title, resend.cost_over(resend_floor), Target::Open);
}
