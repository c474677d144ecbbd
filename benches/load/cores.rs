//! Which cores a program runs on.

use std::process::Command;

/// A part of the machine.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cores {
    All,
    /// The first half: for a program that nobody is to disturb.
    First,
    /// The second half: for who puts the load on it.
    Second,
}

impl Cores {
    /// Moves this process there, the only thread of it that works; programs started from now on stay
    /// there too, and believe that there are no other cores.
    pub(crate) fn take(self) {
        let all: u32 = std::fs::read_to_string("/proc/cpuinfo")
            .unwrap()
            .lines()
            .filter(|line| line.starts_with("processor"))
            .count()
            .try_into()
            .unwrap();
        let half = all / 2;
        // Halves of a single core are that core.
        let (from, to) = match self {
            Self::All => (0, all),
            Self::First => (0, half.max(1)),
            Self::Second => (half, all),
        };
        let list = format!("{from}-{}", to - 1);
        let process = std::process::id().to_string();
        let taskset = Command::new("taskset").args(["-p", "-c", &list, &process]).output();
        assert!(taskset.expect("taskset is part of util-linux").status.success());
    }
}
