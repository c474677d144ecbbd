//! The refresh table against everything an honest browser can do, and against a thief.
//!
//! The server's half of the model is the real `decide`. The other half is a browser with two tabs.
//! The search visits *every* state the two can reach, and in each looks for a refresh that is
//! denied. Then it does the same with one rule taken away at a time: each must be missed.
//!
//! # What the browser may do
//!
//! - refresh at any time, also with tokens it has just got, from several tabs at once
//! - read the body store, and send the request a while later, when another tab has written there
//! - have requests and answers overtake each other
//! - lose an answer whole, or its body alone: the jar moves on when the headers arrive
//! - crash at any moment, any number of times, so that the jar forgets what it had not yet saved;
//!   requests that were sent before are still served
//! - call the API or not, and so acknowledge or not; the server may die and forget that it did
//!
//! # What this rests on
//!
//! - **Time.** The longest request, the longest answer and the longest time that the jar takes to
//!   save are *together* shorter than `reuse_interval`. That each by itself is shorter does not do. A
//!   request counts from the moment the tab read the body store, so a tab that tries again must
//!   read again. An answer counts until its last byte. Saving counts only where crashes do.
//! - **The client keeps the newer generation.** An answer that arrives late must not put an older
//!   body half in the place of a newer one, and comparing and putting are one step. The jar has no
//!   such protection and needs none.
//! - **The body store forgets nothing.** A browser whose halves are both old cannot be told from a
//!   copy, and a late answer can have put the jar back already.
//! - **Two tabs** refresh at once; three do in smaller worlds, with no other result.
//!
//! # What a thief gets
//!
//! A thief copies all four tokens, at any moment. As soon as a generation has settled that one of
//! the two has skipped, that one gets nothing any more, and its next refresh in a settled generation
//! ends the session. Whose turn it is does not matter. *Not* detected is a thief who keeps pace, so
//! takes every generation before it settles: there is a test for that too, so that nobody claims
//! more.
//!
//! `TANDEM_TEST_LONG=1` searches larger worlds. `TANDEM_TEST_TRACE=1` prints how large they were and
//! the shortest way to each broken promise (`cargo test` shows it with `-- --nocapture`).

mod rules;
mod search;
mod state;
mod step;
mod thief;
mod world;

use std::iter;

use rules::{Rules, Ruling, Sight};
use search::{Machine, explore};
use state::{Pair, State, Tab};
use step::{Honest, Move};
use tandem::domain::refresh::{
    Age::{self, Current, Older, Previous},
    Decision::{self, Refuse, Resend, Reuse, Rotate},
    Reason, Stale,
};
use thief::{Copied, Theft};
use world::{Client, Limits, Tabs};

/// The world of most tests: each of the three spans may last a tick, and the interval is four.
const WORLD: Limits = Limits { tabs: Tabs::Two, interval: 4, request: 1, answer: 1, save: Some(1) };

/// A smaller one, without crashes.
const CALM: Limits = Limits { save: None, ..WORLD };

/// Every ruling that an honest browser meets. *Resend* to an old body half beside a current cookie,
/// once settled, is not among them: for that, a tab must sleep between reading and sending.
const MET: [(Age, Age, bool, Decision); 8] = [
    (Current, Current, false, Resend),
    (Current, Current, false, Rotate),
    (Current, Current, true, Resend),
    (Current, Current, true, Rotate),
    (Current, Previous, false, Resend),
    (Previous, Current, false, Resend),
    (Previous, Current, true, Resend),
    (Previous, Previous, false, Resend),
];

#[test]
fn an_honest_browser_is_never_denied() {
    let worlds = [
        (WORLD, 300_000),
        (Limits { request: 2, ..CALM }, 30_000),
        (Limits { answer: 2, ..CALM }, 30_000),
        (Limits { tabs: Tabs::Three, interval: 2, answer: 0, ..CALM }, 20_000),
        (Limits { tabs: Tabs::Three, interval: 2, request: 0, ..CALM }, 30_000),
    ];
    let larger = [
        (Limits { interval: 5, request: 2, ..WORLD }, 1_000_000),
        (Limits { interval: 5, answer: 2, ..WORLD }, 900_000),
        (Limits { interval: 5, save: Some(2), ..WORLD }, 700_000),
        (Limits { interval: 6, request: 2, answer: 2, ..WORLD }, 2_000_000),
        (Limits { tabs: Tabs::Three, interval: 3, ..CALM }, 200_000),
    ];
    let larger = larger.into_iter().filter(|_| is_set("TANDEM_TEST_LONG"));
    for (limits, at_least) in worlds.into_iter().chain(larger) {
        let mut met = Vec::new();
        let honest = Honest { rules: Rules::REAL, limits, client: Client::GOOD };
        let found = explore(&honest, |step| {
            if let Move::Decide(ruling) = step
                && !met.contains(&ruling)
            {
                met.push(ruling);
            }
        });
        let size =
            format!("{limits:?}: {} states, {} moves", found.states.len(), found.transitions);
        tell(&size);
        assert!(found.broken.is_none(), "{size}\n{}", found.story());
        assert!(found.states.len() >= at_least, "the search has become smaller: {size}");
        let same = |ruling: &Ruling| MET.contains(&ruling.key());
        assert!(met.len() == MET.len() && met.iter().all(same), "{size}, other cells: {met:?}");
    }
}

#[test]
fn request_answer_and_save_must_fit_into_the_interval_together() {
    let interval = if is_set("TANDEM_TEST_LONG") { 3 } else { 2 };
    let spans = (0..interval).flat_map(|first| (0..interval).map(move |second| (first, second)));
    for (request, answer) in spans {
        for save in iter::once(None).chain((0..interval).map(Some)) {
            let limits = Limits { interval, request, answer, save, ..WORLD };
            let honest = Honest { rules: Rules::REAL, limits, client: Client::GOOD };
            let found = explore(&honest, |_| {});
            let fits = request + answer + save.unwrap_or(0) < interval;
            assert_eq!(found.broken.is_none(), fits, "{limits:?}: {}", found.story());
        }
    }
}

#[test]
fn a_client_must_keep_the_newer_generation() {
    let overwrites = Client { keeps_newer: false };
    must_break("the client puts whatever comes", Rules::REAL, CALM, overwrites);
}

#[test]
fn no_rule_is_to_spare() {
    let real = Rules::REAL;
    let weaker = [
        ("a young pair is rotated", Rules { young_is_resent: false, ..real }),
        ("settled counts from the rotation", Rules { sight: Sight::Rotation, ..real }),
        ("a cookie acknowledges", Rules { sight: Sight::Cookie, ..real }),
    ];
    for (name, rules) in weaker {
        must_break(name, rules, WORLD, Client::GOOD);
        must_break(name, rules, CALM, Client::GOOD);
    }
}

#[test]
fn no_resend_cell_is_to_spare() {
    let cells = [
        ((Current, Previous), None),
        ((Current, Previous), Some(false)),
        ((Previous, Current), None),
        ((Previous, Current), Some(false)),
        ((Previous, Current), Some(true)),
        ((Previous, Previous), Some(false)),
    ];
    for (cell, settled) in cells {
        for decision in [Refuse(Reason::Partial), Reuse(Stale::Both)] {
            let name = format!("{cell:?}, settled {settled:?}: {decision:?}");
            let rules = Rules::REAL.with(cell, settled, decision);
            must_break(&name, rules, WORLD, Client::GOOD);
            must_break(&name, rules, CALM, Client::GOOD);
        }
    }
}

#[test]
fn who_is_left_behind_gets_nothing_more_and_ends_the_session() {
    let mut ends = 0;
    let found = explore(&theft(Rules::REAL, WORLD), |step| {
        if let thief::Move::Refresh(ruling) = step {
            ends += u32::from(ruling.ends_session());
        }
    });
    tell(&format!(
        "theft: {} states, {} moves, {ends} ends",
        found.states.len(),
        found.transitions
    ));
    assert!(found.broken.is_none(), "{}", found.story());
    assert!(found.states.len() >= 1_000 && ends >= 20, "{} {ends}", found.states.len());
}

#[test]
fn a_thief_who_keeps_pace_is_not_detected() {
    let long_ago = Pair { behind: 0, minted: CALM.interval };
    let copied_in = State::at_rest(Some(CALM.interval), long_ago, [Tab::Closed; 3]);
    let theft = Theft { copied_in: vec![copied_in], ..theft(Rules::REAL, CALM) };
    let start = theft.starts()[0];
    let again = Copied { kept_pace: true, ..start };
    assert!(explore(&theft, |_| {}).states.contains(&again), "one round leads to the next");
}

#[test]
fn a_more_forgiving_table_misses_the_thief() {
    let forgiving = [
        ((Previous, Previous), Resend),
        ((Previous, Previous), Refuse(Reason::StaleBody)),
        ((Older, Older), Resend),
        ((Older, Older), Refuse(Reason::StaleCookie)),
    ];
    for (cell, decision) in forgiving {
        let name = format!("{cell:?}, settled: {decision:?}");
        let found = explore(&theft(Rules::REAL.with(cell, Some(true), decision), CALM), |_| {});
        tell(&format!("{name}\n{}", found.story()));
        assert!(found.broken.is_some(), "{name}: the model misses nothing");
    }
}

/// A theft from an honest browser, in any state that it can reach.
fn theft(rules: Rules, limits: Limits) -> Theft {
    let honest = Honest { rules: Rules::REAL, limits, client: Client::GOOD };
    Theft { rules, interval: limits.interval, copied_in: explore(&honest, |_| {}).states }
}

/// A search that must find an honest browser denied.
fn must_break(name: &str, rules: Rules, limits: Limits, client: Client) {
    let found = explore(&Honest { rules, limits, client }, |_| {});
    tell(&format!("{name}\n{}", found.story()));
    assert!(found.broken.is_some(), "{name}: the model misses nothing");
}

fn tell(text: &str) {
    if is_set("TANDEM_TEST_TRACE") {
        println!("{text}");
    }
}

#[expect(clippy::disallowed_methods, reason = "how much a test does is for its caller to say")]
fn is_set(name: &str) -> bool {
    std::env::var(name).is_ok_and(|value| value == "1")
}
