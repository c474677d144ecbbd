//! Any course of events against the real service, with a ledger of what must be beside it.
//!
//! Two users, three devices and two instances: logins, calls, refreshes whose answers arrive, get
//! lost, are split or come late, a thief who tries everything that was ever issued, changes of
//! password and roles, time, and instances that die. Each answer is held against the ledger, which
//! follows the rules step by step, and against what must hold however the rules are read:
//!
//! - an honest browser is never denied while its session lives and no thief got anything out of it
//! - a session that ended passes nowhere that has heard of it, and is refreshed nowhere
//! - a lone half or a mixture opens nothing and refreshes nothing
//! - a superseded refresh token never rotates, and one generation has one pair of refresh tokens
//! - no token outlives its session
//!
//! `TANDEM_TEST_LONG=1` tries many more, and longer ones. Courses that once went wrong are in
//! `sequences.regressions` and come first.

mod ledger;
mod steps;
mod world;

use std::{cell::RefCell, collections::BTreeMap};

use ledger::Verdict;
use proptest::{
    prelude::*,
    test_runner::{FileFailurePersistence, TestCaseError, TestRunner},
};
use world::{Ground, World};

/// Where courses that went wrong are kept.
const REGRESSIONS: &str = "tests/properties/sequences.regressions";

#[test]
fn whatever_happens_the_promises_hold() {
    let (cases, longest) = if is_set("TANDEM_TEST_LONG") { (3_000, 150) } else { (96, 120) };
    let config = ProptestConfig {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(REGRESSIONS))),
        max_shrink_iters: 500,
        ..ProptestConfig::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ground = runtime.block_on(Ground::prepare());
    let met = RefCell::new(BTreeMap::new());
    let outcome = TestRunner::new(config).run(&steps::steps(longest), |steps| {
        runtime.block_on(async {
            let mut world = World::new(&ground).await;
            for step in &steps {
                world.step(step).await.map_err(TestCaseError::fail)?;
            }
            for (cell, times) in world.met() {
                *met.borrow_mut().entry(*cell).or_insert(0) += times;
            }
            world.check_rows().await.map_err(TestCaseError::fail)
        })
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    let met = met.into_inner();
    let times = |wanted: fn(&Verdict) -> bool| -> u32 {
        met.iter().filter(|((_, _, _, verdict), _)| wanted(verdict)).map(|(_, times)| times).sum()
    };
    let rotations = times(|verdict| *verdict == Verdict::Rotates);
    let resends = times(|verdict| *verdict == Verdict::Resends);
    let refusals = times(|verdict| *verdict == Verdict::Refuses);
    let ends = times(|verdict| matches!(verdict, Verdict::Ends { .. }));
    let enough = rotations >= 100 && resends >= 100 && refusals >= 20 && ends >= 3;
    assert!(enough, "the courses have become tame: {met:#?}");
}

#[expect(clippy::disallowed_methods, reason = "how much a test does is for its caller to say")]
fn is_set(name: &str) -> bool {
    std::env::var(name).is_ok_and(|value| value == "1")
}
