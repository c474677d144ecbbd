//! What can happen, one step at a time.

use std::time::Duration;

use proptest::prelude::*;

/// A browser of the story: two of the first user, one of the second.
pub(super) const DEVICES: usize = 3;

/// How many instances there are.
pub(super) const INSTANCES: usize = 2;

/// Something that happens. Where a device has nothing to do it with, nothing does, or it logs in.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A device logs in; perhaps it presents the access pair of the session before.
    Login { device: usize, at: usize, presents: bool },
    /// It calls the API.
    Use { device: usize, at: usize },
    /// It refreshes.
    Refresh { device: usize, at: usize, arrival: Arrival },
    /// The oldest of its late answers arrives, unless it is too late.
    Arrive { device: usize },
    /// It logs out.
    Logout { device: usize, at: usize },
    /// It logs out everywhere.
    LogoutAll { device: usize, at: usize },
    /// It changes the password.
    ChangePassword { device: usize, at: usize },
    /// A thief refreshes with a copy of all four tokens of one issue.
    Replay { at: usize, loot: Loot },
    /// A thief refreshes with what it has copied of a session in the course of time; one of the four
    /// may be something else, and a second refresh cookie may come along.
    Mix { at: usize, loot: [Loot; 4], tossed: Option<Loot> },
    /// A thief calls the API with two access tokens.
    Knock { at: usize, loot: [Loot; 2] },
    /// An operator sets the roles of a user.
    SetRoles { user: usize, roles: usize, at: usize },
    /// Time passes.
    Wait(Duration),
    /// An instance writes what it has seen.
    Flush { at: usize },
    /// An instance looks at the database.
    Look { at: usize },
    /// An instance dies and comes back; before an orderly end it writes what it has seen.
    Restart { at: usize, orderly: bool },
}

/// What becomes of an answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Arrival {
    /// It arrives, and the call of the API that had to wait for it is made.
    Used,
    /// It arrives.
    Whole,
    /// It is lost.
    Lost,
    /// Its headers arrive, its body is lost.
    Split,
    /// It arrives some time later.
    Late,
}

/// One token in a thief's hands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Loot {
    /// Of a device's session, so many generations behind the newest one issued.
    Behind(usize, u32),
    /// Of the issue so many issues ago, whosesoever.
    Ago(usize),
    /// None.
    Nothing,
    /// Nonsense.
    Junk,
}

/// A course of events.
pub(super) fn steps(longest: usize) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..longest)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        26 => (device(), instance(), arrival())
            .prop_map(|(device, at, arrival)| Step::Refresh { device, at, arrival }),
        34 => wait().prop_map(Step::Wait),
        12 => (device(), instance()).prop_map(|(device, at)| Step::Use { device, at }),
        12 => (instance(), loot()).prop_map(|(at, loot)| Step::Replay { at, loot }),
        16 => (instance(), four(), prop::option::weighted(0.1, loot()))
            .prop_map(|(at, loot, tossed)| Step::Mix { at, loot, tossed }),
        6 => (instance(), prop::array::uniform2(loot()))
            .prop_map(|(at, loot)| Step::Knock { at, loot }),
        5 => device().prop_map(|device| Step::Arrive { device }),
        4 => instance().prop_map(|at| Step::Flush { at }),
        4 => instance().prop_map(|at| Step::Look { at }),
        2 => (device(), instance(), any::<bool>())
            .prop_map(|(device, at, presents)| Step::Login { device, at, presents }),
        2 => (0..2_usize, 0..3_usize, instance())
            .prop_map(|(user, roles, at)| Step::SetRoles { user, roles, at }),
        2 => (instance(), any::<bool>()).prop_map(|(at, orderly)| Step::Restart { at, orderly }),
        1 => (device(), instance()).prop_map(|(device, at)| Step::Logout { device, at }),
        1 => (device(), instance()).prop_map(|(device, at)| Step::LogoutAll { device, at }),
        1 => (device(), instance()).prop_map(|(device, at)| Step::ChangePassword { device, at }),
    ]
}

/// Mostly the first device: long stories are more telling than many short ones.
fn device() -> impl Strategy<Value = usize> {
    prop_oneof![6 => Just(0_usize), 1 => 1..DEVICES]
}

fn instance() -> impl Strategy<Value = usize> {
    prop_oneof![3 => Just(0_usize), 1 => 1..INSTANCES]
}

fn arrival() -> impl Strategy<Value = Arrival> {
    prop_oneof![
        6 => Just(Arrival::Used),
        2 => Just(Arrival::Whole),
        1 => Just(Arrival::Lost),
        2 => Just(Arrival::Split),
        2 => Just(Arrival::Late),
    ]
}

fn four() -> impl Strategy<Value = [Loot; 4]> {
    let ages = prop::array::uniform4(0..4_u32);
    let other = prop::option::weighted(0.3, (0..4_usize, loot()));
    (device(), ages, other).prop_map(|(device, ages, other)| {
        let mut four = ages.map(|age| Loot::Behind(device, age));
        if let Some((position, loot)) = other {
            four[position] = loot;
        }
        four
    })
}

fn loot() -> impl Strategy<Value = Loot> {
    prop_oneof![
        40 => (device(), 0..4_u32).prop_map(|(device, behind)| Loot::Behind(device, behind)),
        4 => (0..40_usize).prop_map(Loot::Ago),
        1 => Just(Loot::Nothing),
        1 => Just(Loot::Junk),
    ]
}

/// From a moment to longer than any session lives; round numbers, because deadlines are.
fn wait() -> impl Strategy<Value = Duration> {
    let seconds =
        |choices: &'static [u64]| prop::sample::select(choices).prop_map(Duration::from_secs);
    prop_oneof![
        2 => (1..2_000_u64).prop_map(Duration::from_millis),
        4 => seconds(&[1, 5, 10, 29]),
        20 => seconds(&[30, 31, 45]),
        4 => seconds(&[60, 120, 239, 240, 245]),
        1 => seconds(&[620, 1_800, 3_600]),
        1 => seconds(&[7_199, 7_200, 10_000, 18_000, 86_400]),
    ]
}
