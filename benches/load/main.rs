//! Load measurements: `cargo bench --bench load [-- --quick] [--only CASE] [--postgres URL] [--large]`.
//!
//! Each measure compares programs that run side by side: the service as it is released, and floors,
//! which do the least that could answer the same request. They take turns under the same requests, so
//! that a disturbance from outside hits all of them. A Markdown table comes out; nothing is asserted.
//! `docs/performance.md` explains the method.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a benchmark stops at the first surprise, and speaks to people"
)]

mod cases;
mod client;
mod cores;
mod cpu;
mod database;
mod floor;
mod options;
mod process;
mod sample;
mod seed;
mod settings;
mod table;
mod tokens;

use std::process::ExitCode;

use clap::Parser;

use self::{
    options::{Arguments, Plan},
    table::Table,
};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(floor) = arguments.floor {
        floor::serve(floor, &arguments);
        return ExitCode::SUCCESS;
    }
    if !arguments.bench {
        // `cargo test --all-targets` also starts benchmarks; nobody wants to wait for this one there.
        eprintln!("nothing measured: run `cargo bench --bench load`");
        return ExitCode::SUCCESS;
    }
    let plan = Plan::from(arguments);
    let Some(cases) = cases::chosen(&plan) else {
        eprintln!("--only knows {}", cases::names());
        return ExitCode::from(2);
    };
    let others = cpu::Others::watch();
    let mut table = Table::default();
    // One thread: the load must not take more from the service than it has to.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(cases::measure(&cases, &plan, &mut table));
    let (rounds, turn) = (plan.rounds(), plan.turn());
    table.note(format!("{rounds} rounds of {turn:?} each, on {}.", cpu::machine()));
    table.note(others.sum_up());
    println!("{table}");
    ExitCode::SUCCESS
}
