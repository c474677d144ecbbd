//! Numbers: what one turn gave, and what many turns say together.

use std::{fmt, time::Duration};

/// One turn of one program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Requests answered, or operations done.
    pub(crate) requests: u32,
    pub(crate) elapsed: Duration,
    /// CPU time of the program.
    pub(crate) cpu: Duration,
    /// CPU time of the load.
    pub(crate) client: Duration,
}

impl Sample {
    /// A second.
    pub(crate) fn throughput(&self) -> f64 {
        f64::from(self.requests) / self.elapsed.as_secs_f64()
    }

    /// Microseconds of CPU time for one request.
    pub(crate) fn cost(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / f64::from(self.requests)
    }
}

/// All turns of one program.
#[derive(Default)]
pub(crate) struct Series(Vec<Sample>);

impl Series {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn push(&mut self, sample: Sample) {
        self.0.push(sample);
    }

    pub(crate) fn throughput(&self) -> Spread {
        Spread::of(self.0.iter().map(Sample::throughput))
    }

    pub(crate) fn cost(&self) -> Spread {
        Spread::of(self.0.iter().map(Sample::cost))
    }

    /// CPU time of the load for one request, microseconds.
    pub(crate) fn client(&self) -> Spread {
        let cost = |sample: &Sample| Sample { cpu: sample.client, ..*sample }.cost();
        Spread::of(self.0.iter().map(cost))
    }

    /// Throughput as a part of the other's, turn by turn: both were disturbed alike.
    pub(crate) fn throughput_over(&self, other: &Self) -> Spread {
        self.compare(other, Sample::throughput)
    }

    /// CPU time for a request as a multiple of the other's, turn by turn.
    pub(crate) fn cost_over(&self, other: &Self) -> Spread {
        self.compare(other, Sample::cost)
    }

    fn compare(&self, other: &Self, measure: fn(&Sample) -> f64) -> Spread {
        Spread::of(self.0.iter().zip(&other.0).map(|(one, two)| measure(one) / measure(two)))
    }

    /// The cost of this program's request and of two of the other's operations.
    pub(crate) fn plus_twice(&self, other: &Self) -> Self {
        let sums = self.0.iter().zip(&other.0).map(|(one, two)| {
            let micros = one.cost() + 2.0 * two.cost();
            Sample { requests: 1, cpu: Duration::from_secs_f64(micros / 1e6), ..*one }
        });
        Self(sums.collect())
    }
}

/// A median between its extremes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    low: f64,
    high: f64,
}

impl Spread {
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let median = if values.len().is_multiple_of(2) {
            f64::midpoint(values[middle - 1], values[middle])
        } else {
            values[middle]
        };
        Self { median, low: values[0], high: values[values.len() - 1] }
    }
}

/// The median, then the extremes; `{:.2}` asks for two digits.
impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = f.precision().unwrap_or(0);
        let Self { median, low, high } = self;
        write!(f, "{median:.digits$} ({low:.digits$} – {high:.digits$})")
    }
}
