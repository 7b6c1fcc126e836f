//! The text form in which Prometheus reads figures.

use std::fmt::{Display, Write};

/// A page of metrics, written one family after the other.
#[derive(Debug, Default)]
pub(crate) struct Page(String);

/// What kind of figure a metric is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Only grows, from 0 at the start of the process.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Quantiles of times, with their sum and count.
    Summary,
}

impl Page {
    /// Begins a family; its samples follow.
    pub(crate) fn family(&mut self, name: &str, kind: Kind, help: &str) -> Family<'_> {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Summary => "summary",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
        Family {
            page: self,
            name: name.to_owned(),
        }
    }

    /// The text.
    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

/// One family of samples.
pub(crate) struct Family<'a> {
    page: &'a mut Page,
    name: String,
}

impl Family<'_> {
    /// A sample without labels.
    pub(crate) fn value(self, value: impl Display) {
        let _ = writeln!(self.page.0, "{} {value}", self.name);
    }

    /// A sample with one label.
    pub(crate) fn labelled(&mut self, label: &str, is: impl Display, value: impl Display) {
        self.sample(&[(label, &is)], value);
    }

    /// A sample with these labels.
    pub(crate) fn sample(&mut self, labels: &[(&str, &dyn Display)], value: impl Display) {
        let escaped = |is: &dyn Display| {
            let is = is.to_string();
            is.replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', "\\n")
        };
        let labels = labels.iter();
        let labels: Vec<_> = labels
            .map(|(label, is)| format!("{label}=\"{}\"", escaped(*is)))
            .collect();
        let _ = writeln!(self.page.0, "{}{{{}}} {value}", self.name, labels.join(","));
    }

    /// What a summary ends with.
    pub(crate) fn sum_and_count(self, sum: f64, count: u64) {
        let name = &self.name;
        let _ = writeln!(self.page.0, "{name}_sum {sum}\n{name}_count {count}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_families_of_samples() {
        let mut page = Page::default();
        page.family("t_up", Kind::Gauge, "Whether it runs.")
            .value(1);
        let mut family = page.family("t_done_total", Kind::Counter, "By verdict.");
        family.labelled("verdict", "A\"C", 3);
        family.sample(&[("verdict", &"WA"), ("language", &"c")], 0.5);
        let mut times = page.family("t_seconds", Kind::Summary, "How long.");
        times.labelled("quantile", 0.5, 2);
        times.sum_and_count(6.5, 3);
        assert_eq!(
            page.into_text(),
            "# HELP t_up Whether it runs.\n# TYPE t_up gauge\nt_up 1\n\
             # HELP t_done_total By verdict.\n# TYPE t_done_total counter\n\
             t_done_total{verdict=\"A\\\"C\"} 3\nt_done_total{verdict=\"WA\",language=\"c\"} 0.5\n\
             # HELP t_seconds How long.\n# TYPE t_seconds summary\n\
             t_seconds{quantile=\"0.5\"} 2\nt_seconds_sum 6.5\nt_seconds_count 3\n"
        );
    }
}
