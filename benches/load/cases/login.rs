//! `POST /api/auth/login` against bare Argon2id, and `verify` while logins take all they can get.

use std::{path::Path, time::Duration};

use argon2::{Algorithm, Argon2, Params, Version};
use futures_util::future::join;

use super::{CONNECTIONS, SESSIONS, known_pairs, on_every_core};
use crate::{
    client::{Requests, load, load_count},
    database::Kind,
    options::Plan,
    process::Program,
    sample::{Sample, Series},
    seed::PASSWORD,
    settings::Settings,
    table::{Table, Target},
    tokens::{Issuer, login_request, owner},
};

/// Enough to keep every hashing thread busy, and few enough to wait in the service's queue.
const LOGINS: usize = 16;

pub(super) async fn measure(plan: &Plan, directory: &Path, table: &mut Table) {
    let database = Kind::Sqlite(directory).make("login", directory, SESSIONS).await;
    let service = Program::service(plan, &Settings::on(&database.url), directory).await;
    let logins = logins();
    let known = known_pairs(&Issuer::new());
    load_count(&service, &known, CONNECTIONS, known.len()).await;
    load_count(&service, &logins, LOGINS, LOGINS).await;

    let [mut raw, mut login, mut alone, mut beside] = [const { Series::new() }; 4];
    // A login takes long: half a second holds too few of them.
    let turn = plan.turn().max(Duration::from_secs(2));
    for _ in 0..plan.rounds() {
        raw.push(raw_hashes(turn));
        login.push(load(&service, &logins, LOGINS, turn).await);
        alone.push(load(&service, &known, CONNECTIONS, turn).await);
        let both =
            join(load(&service, &logins, LOGINS, turn), load(&service, &known, CONNECTIONS, turn));
        beside.push(both.await.1);
    }
    table.program("raw Argon2id, on every core", &raw);
    table.program("(e) login", &login);
    table.program("(b) verify, no login beside it", &alone);
    table.program("(b) verify beside logins (their CPU included)", &beside);
    let title = "(e) login: throughput / raw Argon2id";
    table.ratio(title, login.throughput_over(&raw), Target::AtLeast(0.90));
    table.ratio("(e) login: CPU / raw Argon2id", login.cost_over(&raw), Target::Open);
    let title = "(e) verify while logins saturate hashing: throughput / alone";
    table.ratio(title, beside.throughput_over(&alone), Target::AtLeast(0.35));
}

/// Logins of many users: nobody has too many sessions.
pub(super) fn logins() -> Requests {
    Requests::repeated((0..owner(SESSIONS)).map(|user| login_request(user, PASSWORD)).collect())
}

/// Hashes at the service's default cost.
fn raw_hashes(turn: Duration) -> Sample {
    let params = Params::new(19_456, 2, 1, None).unwrap();
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    on_every_core(turn, || {
        let mut hash = [0; 32];
        argon2.hash_password_into(PASSWORD.as_bytes(), &[9; 16], &mut hash).unwrap();
        1
    })
}
