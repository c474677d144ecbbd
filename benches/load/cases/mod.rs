//! The cases, and what they share.

mod large;
mod login;
mod refresh;
mod start;
mod unseen;
mod verify;

use std::{path::Path, time::Duration};

use tandem::domain::clock::{Clock, SystemClock};
use tokio::time::Instant;

use crate::{
    client::Requests,
    cpu,
    database::Kind,
    options::Plan,
    sample::Sample,
    table::Table,
    tokens::{Issuer, verify_request},
};

/// Kept-alive connections of a load.
const CONNECTIONS: usize = 32;
/// Pairs that are asked about in turn.
const PAIRS: u32 = 10_000;
/// Sessions that are refreshed in turn: each comes round long after its last answer.
const SESSIONS: u32 = 1000;

/// What can be chosen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Verify,
    Unseen,
    Refresh,
    Login,
    Large,
    Start,
}

impl Case {
    const ALL: [Self; 6] =
        [Self::Verify, Self::Unseen, Self::Refresh, Self::Login, Self::Large, Self::Start];

    const fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Unseen => "unseen",
            Self::Refresh => "refresh",
            Self::Login => "login",
            Self::Large => "large",
            Self::Start => "start",
        }
    }
}

pub(crate) fn names() -> String {
    Case::ALL.map(Case::name).join(", ")
}

/// `None` if an unknown case is asked for.
pub(crate) fn chosen(plan: &Plan) -> Option<Vec<Case>> {
    let Some(name) = &plan.only else {
        return Some(
            Case::ALL.into_iter().filter(|case| plan.large || *case != Case::Large).collect(),
        );
    };
    Case::ALL.into_iter().find(|case| case.name() == name).map(|case| vec![case])
}

pub(crate) async fn measure(cases: &[Case], plan: &Plan, table: &mut Table) {
    for case in cases {
        eprintln!("measuring: {}", case.name());
        // Beside the build, so on a real disk, which /tmp need not be.
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let directory = directory.path();
        match case {
            Case::Verify => verify::measure(plan, directory, table).await,
            Case::Unseen => unseen::measure(plan, directory, table).await,
            Case::Refresh => refresh::measure(plan, directory, table).await,
            Case::Login => login::measure(plan, directory, table).await,
            Case::Large => large::measure(plan, directory, table).await,
            Case::Start => start::measure(plan, directory, table).await,
        }
    }
}

/// The databases to measure on.
fn kinds<'a>(plan: &'a Plan, directory: &'a Path) -> Vec<Kind<'a>> {
    let postgres = plan.postgres.as_deref().map(Kind::Postgres);
    std::iter::once(Kind::Sqlite(directory)).chain(postgres).collect()
}

/// What a reverse proxy asks.
const VERIFY: &str = "/api/auth/verify";

/// Questions about pairs that have just been issued, each pair of another session.
fn verify_requests(issuer: &Issuer, uri: &str, count: u32) -> Vec<Vec<u8>> {
    let now = SystemClock.now();
    (0..count).map(|number| verify_request(uri, &issuer.pair(number, 1, now))).collect()
}

/// [`PAIRS`] of them, again and again.
fn known_pairs(issuer: &Issuer) -> Requests {
    known_pairs_of(issuer, VERIFY)
}

/// The same at another address.
fn known_pairs_of(issuer: &Issuer, uri: &str) -> Requests {
    Requests::repeated(verify_requests(issuer, uri, PAIRS))
}

/// Repeats `work` on a thread for each core for as long as `turn`; it gives what it has done each
/// time. The time is that of the threads.
fn on_every_core(turn: Duration, work: impl Fn() -> u32 + Sync) -> Sample {
    let began = Instant::now();
    let thread = || {
        let cpu = cpu::of_this_thread();
        let mut done = 0;
        while began.elapsed() < turn {
            done += work();
        }
        (done, cpu::of_this_thread().saturating_sub(cpu))
    };
    let results: Vec<(u32, Duration)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cpu::cores()).map(|_| scope.spawn(thread)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    Sample {
        requests: results.iter().map(|(done, _)| done).sum(),
        elapsed: began.elapsed(),
        cpu: results.iter().map(|(_, cpu)| cpu).sum(),
        client: Duration::ZERO,
    }
}
