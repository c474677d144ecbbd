//! The table that comes out.

use std::fmt;

use crate::sample::{Series, Spread};

/// What a ratio should be.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
    /// None: for information.
    Open,
}

impl Target {
    fn show(self, value: f64) -> String {
        let mark = |met| if met { "✓" } else { "✗" };
        match self {
            Self::AtLeast(least) => format!("≥ {least} | {}", mark(value >= least)),
            Self::AtMost(most) => format!("≤ {most} | {}", mark(value <= most)),
            Self::Open => "– | ".to_owned(),
        }
    }
}

/// Rows in the order in which they were measured.
#[derive(Default)]
pub(crate) struct Table {
    programs: Vec<String>,
    measures: Vec<String>,
    notes: Vec<String>,
}

impl Table {
    /// What one program did.
    pub(crate) fn program(&mut self, name: &str, series: &Series) {
        let (throughput, cost, client) = (series.throughput(), series.cost(), series.client());
        self.programs.push(format!("| {name} | {throughput} | {cost:.1} | {:.1} |", client.median));
    }

    /// One number, and what it should be.
    pub(crate) fn measure(&mut self, name: &str, value: Spread, digits: usize, target: Target) {
        let row = format!("| {name} | {value:.digits$} | {} |", target.show(value.median));
        eprintln!("{row}");
        self.measures.push(row);
    }

    /// A ratio of two programs.
    pub(crate) fn ratio(&mut self, name: &str, value: Spread, target: Target) {
        self.measure(name, value, 2, target);
    }

    /// A sentence below the table.
    pub(crate) fn note(&mut self, text: String) {
        self.notes.push(text);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| measure | median (extremes) | target | |\n|---|---|---|---|")?;
        self.measures.iter().try_for_each(|row| writeln!(f, "{row}"))?;
        writeln!(
            f,
            "\n| program | a second | its CPU, µs each | the client's |\n|---|---|---|---|"
        )?;
        self.programs.iter().try_for_each(|row| writeln!(f, "{row}"))?;
        self.notes.iter().try_for_each(|note| writeln!(f, "\n{note}"))
    }
}
