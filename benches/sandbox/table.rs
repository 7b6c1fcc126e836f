//! The table: what was measured, its bound, the median of several runs and how far apart they were.

use std::time::Duration;

/// What a figure must be.
pub(crate) enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

/// Lines that appear as soon as they are known.
pub(crate) struct Table;

impl Table {
    pub(crate) fn begin() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, Into::into);
        let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        say(&format!("{cores} cores, Linux {}", kernel.trim()));
        say(&format!(
            "{:<58} {:>12} {:>10} {:>21}",
            "what", "bound", "measured", "of (least..greatest)"
        ));
        Self
    }

    /// One figure, from one value of each run.
    pub(crate) fn line(&mut self, what: &str, unit: &str, bound: &Bound, runs: &[f64]) {
        let middle = median(runs);
        let (sign, number, holds) = match *bound {
            Bound::AtMost(most) => ("≤", most, middle <= most),
            Bound::AtLeast(least) => ("≥", least, middle >= least),
        };
        let mark = if holds { "" } else { "  DOES NOT HOLD" };
        self.show(what, &format!("{sign} {number} {unit}"), runs, mark);
    }

    /// A figure without a bound of its own.
    pub(crate) fn note(&mut self, what: &str, unit: &str, runs: &[f64]) {
        self.show(what, unit, runs, "");
    }

    fn show(&mut self, what: &str, bound: &str, runs: &[f64], mark: &str) {
        let least = runs.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = runs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        say(&format!(
            "{what:<58} {bound:>12} {:>10.3} {:>4} ({least:.3}..{greatest:.3}){mark}",
            median(runs),
            runs.len()
        ));
    }
}

pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

pub(crate) fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

#[expect(
    clippy::print_stdout,
    reason = "a measurement is told on standard output"
)]
pub(crate) fn say(line: &str) {
    println!("{line}");
}
