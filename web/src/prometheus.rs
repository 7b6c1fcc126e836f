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
}

impl Page {
    /// Begins a family; its samples follow.
    pub(crate) fn family(&mut self, name: &str, kind: Kind, help: &str) -> Family<'_> {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
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
        let is = is
            .to_string()
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n");
        let _ = writeln!(self.page.0, "{}{{{label}=\"{is}\"}} {value}", self.name);
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
        family.labelled("verdict", "WA", 0.5);
        assert_eq!(
            page.into_text(),
            "# HELP t_up Whether it runs.\n# TYPE t_up gauge\nt_up 1\n\
             # HELP t_done_total By verdict.\n# TYPE t_done_total counter\n\
             t_done_total{verdict=\"A\\\"C\"} 3\nt_done_total{verdict=\"WA\"} 0.5\n"
        );
    }
}
