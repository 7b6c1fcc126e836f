//! What is drawn of the last hour's samples.

use tribunal_actors::Sample;

use super::plot::{Plot, Point};

const HOUR_MS: f64 = 3_600_000.0;
/// Rates are of the last minute before each sample.
const MINUTE_MS: i64 = 60_000;

/// The drawings, of samples from the oldest to the newest and so many slots.
pub(super) fn plots(samples: &[Sample], slots: usize) -> Vec<Plot> {
    let now = |part: fn(&Sample) -> usize| -> Vec<Point> {
        each(samples, |_, sample| Some(part(sample) as f64))
    };
    vec![
        Plot::of(
            "Verdicts a minute",
            "",
            &each(samples, |before, sample| {
                let minutes = (sample.at_ms - before.at_ms) as f64 / MINUTE_MS as f64;
                (minutes > 0.0).then(|| (sample.verdicts - before.verdicts) as f64 / minutes)
            }),
        ),
        Plot::of(
            "Time from acceptance to the verdict, in the mean of a minute",
            " s",
            &each(samples, |before, sample| {
                let count = sample.judging.count - before.judging.count;
                let took = sample.judging.total - before.judging.total;
                (count > 0).then(|| took.as_secs_f64() / count as f64)
            }),
        ),
        Plot::of("Submissions waiting", "", &now(|s| s.submissions_waiting)),
        Plot::of("Jobs waiting", "", &now(|s| s.jobs_waiting)),
        Plot::of(
            if slots == 1 {
                "The slot, busy"
            } else {
                "Slots busy"
            },
            "",
            &now(|s| s.slots_busy),
        ),
        Plot::of(
            "Files found in the cache, of those asked for in a minute",
            " %",
            &each(samples, |before, sample| {
                let hits = sample.cache_hits - before.cache_hits;
                let asked = hits + sample.cache_loads - before.cache_loads;
                (asked > 0).then(|| 100.0 * hits as f64 / asked as f64)
            }),
        ),
    ]
}

/// Of each sample, and the one a minute before it, a point.
fn each(samples: &[Sample], value: impl Fn(&Sample, &Sample) -> Option<f64>) -> Vec<Point> {
    let newest = samples.last().map_or(0, |sample| sample.at_ms);
    let mut before = samples.iter().peekable();
    let points = samples.iter().map(|sample| {
        let begins = sample.at_ms - MINUTE_MS;
        while before.next_if(|earlier| earlier.at_ms < begins).is_some() {}
        let earlier = before.peek().copied().unwrap_or(sample);
        let ago = (newest - sample.at_ms) as f64 / HOUR_MS;
        (ago, value(earlier, sample))
    });
    points.collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tribunal_actors::Waits;

    use super::*;

    /// A judge that gives a verdict every 5 s, each 2 s after acceptance.
    fn steady() -> Vec<Sample> {
        (0..=360)
            .map(|n| Sample {
                at_ms: n * 10_000,
                verdicts: 2 * n as u64,
                judging: Waits {
                    count: 2 * n as u64,
                    total: Duration::from_secs(4 * n as u64),
                },
                slots_busy: 1,
                ..Sample::default()
            })
            .collect()
    }

    #[test]
    fn rates_are_those_of_a_minute() {
        let words: Vec<String> = plots(&steady(), 2)
            .into_iter()
            .map(|plot| plot.words)
            .collect();
        assert_eq!(words[0], "now 12, at most 12 in the last hour");
        assert_eq!(words[1], "now 2 s, at most 2 s in the last hour");
        assert_eq!(words[4], "now 1, at most 1 in the last hour");
        assert_eq!(words[5], "now nothing, at most 0 % in the last hour");
    }

    #[test]
    fn the_first_sample_has_no_rate() {
        let first = &steady()[..1];
        assert!(plots(first, 2)[0].lines.is_empty());
        assert_eq!(plots(first, 2)[4].lines.len(), 1);
    }
}
