//! One figure over the last hour, as a drawing that needs neither script nor colour.

/// The drawing's inner width and height, in its own units.
const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 120.0;

/// A drawn line.
#[derive(Debug)]
pub(super) struct Plot {
    pub(super) title: &'static str,
    /// What is seen, in words.
    pub(super) words: String,
    /// What the top of the drawing stands for.
    pub(super) top: String,
    /// One for each stretch of time that has figures.
    pub(super) lines: Vec<String>,
}

/// A figure: how long ago, as a share of the hour (1: an hour ago), and its value, where there is one.
pub(super) type Point = (f64, Option<f64>);

impl Plot {
    /// Draws points that go from the oldest to the newest.
    pub(super) fn of(title: &'static str, unit: &str, points: &[Point]) -> Self {
        let values = points.iter().filter_map(|(_, value)| *value);
        let most = values.clone().fold(0.0, f64::max);
        let last = points.last().and_then(|(_, value)| *value);
        let now = last.map_or_else(|| "nothing".to_owned(), |last| number(last, unit));
        let top = round_up(most);
        let stretches = points.split(|(_, value)| value.is_none());
        Self {
            title,
            words: format!("now {now}, at most {} in the last hour", number(most, unit)),
            top: number(top, unit),
            lines: stretches
                .filter(|stretch| !stretch.is_empty())
                .map(|stretch| line(stretch, top))
                .collect(),
        }
    }
}

fn line(stretch: &[Point], top: f64) -> String {
    let place = |(ago, value): &Point| {
        let x = WIDTH * (1.0 - ago.clamp(0.0, 1.0));
        let y = HEIGHT * (1.0 - value.unwrap_or(0.0) / top);
        format!("{x:.1},{y:.1}")
    };
    let mut places: Vec<String> = stretch.iter().map(place).collect();
    if let [(ago, value)] = stretch {
        // A single point would not be seen.
        places.insert(0, place(&(ago + 0.005, *value)));
    }
    places.join(" ")
}

/// The least of 1, 2 and 5 times a power of ten that is not less.
fn round_up(most: f64) -> f64 {
    if most <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(most.log10().floor());
    let steps = [1.0, 2.0, 5.0].into_iter().map(|step| step * power);
    let enough = steps.filter(|top| *top >= most).fold(f64::NAN, f64::min);
    if enough.is_nan() {
        10.0 * power
    } else {
        enough
    }
}

fn number(value: f64, unit: &str) -> String {
    let digits = if value >= 10.0 || value.fract() == 0.0 {
        0
    } else if value >= 1.0 {
        1
    } else {
        3
    };
    format!("{value:.digits$}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_is_a_round_number() {
        let tops = [0.0, 0.003, 0.05, 1.0, 1.2, 3.0, 7.0, 10.0, 480.0].map(round_up);
        let expected = [1.0, 0.005, 0.05, 1.0, 2.0, 5.0, 10.0, 10.0, 500.0];
        for (top, expected) in tops.into_iter().zip(expected) {
            assert!((top - expected).abs() < 1e-9, "{top} {expected}");
        }
    }

    #[test]
    fn time_goes_from_left_to_right_and_a_gap_is_a_gap() {
        let points = [
            (1.0, Some(0.0)),
            (0.5, Some(2.0)),
            (0.4, None),
            (0.0, Some(1.5)),
        ];
        let plot = Plot::of("Slots", " busy", &points);
        assert_eq!(plot.lines, ["0.0,120.0 300.0,0.0", "597.0,30.0 600.0,30.0"]);
        assert_eq!(plot.words, "now 1.5 busy, at most 2 busy in the last hour");
        assert_eq!(plot.top, "2 busy");
    }

    #[test]
    fn before_the_first_sample_nothing_is_drawn() {
        let plot = Plot::of("Slots", "", &[]);
        assert!(plot.lines.is_empty());
        assert_eq!(plot.words, "now nothing, at most 0 in the last hour");
    }
}
