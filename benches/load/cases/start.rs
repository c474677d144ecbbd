//! How soon the service is ready, and the memory it takes.

use std::{path::Path, time::Duration};

use tokio::time::{Instant, sleep};

use super::{SESSIONS, login::logins};
use crate::{
    client::load_count,
    cpu,
    database::Kind,
    options::Plan,
    process::Program,
    sample::Spread,
    settings::Settings,
    table::{Table, Target},
};

const LOGINS: usize = 100;

pub(super) async fn measure(plan: &Plan, directory: &Path, table: &mut Table) {
    let database = Kind::Sqlite(directory).make("start", directory, SESSIONS).await;
    let settings = Settings::on(&database.url);
    let mut millis = Vec::new();
    for _ in 0..plan.rounds() {
        let began = Instant::now();
        let service = Program::spawn(plan, &settings, directory);
        service.ready().await;
        millis.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let title = "(g) from start to ready, existing SQLite database, ms";
    table.measure(title, Spread::of(millis), 0, Target::AtMost(300.0));

    let service = Program::service(plan, &settings, directory).await;
    sleep(Duration::from_secs(10)).await;
    let title = "(g) resident memory 10 s after start, MB";
    table.measure(title, resident(&service), 1, Target::AtMost(30.0));

    load_count(&service, &logins(), 8, LOGINS).await;
    let rest = Duration::from_secs(if plan.quick { 5 } else { 60 });
    sleep(rest).await;
    let title = format!("(g) resident memory {} s after {LOGINS} logins, MB", rest.as_secs());
    table.measure(&title, resident(&service), 1, Target::AtMost(80.0));
}

fn resident(service: &Program) -> Spread {
    Spread::of([f64::from(cpu::resident(service.pid())) * 1024.0 / 1e6])
}
