//! Progress bars on standard error, one for each phase; there are none where it is no terminal.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The bars of one command.
#[derive(Debug)]
pub(crate) struct Progress {
    bars: MultiProgress,
}

impl Progress {
    /// No bars yet; `hidden`: there will be none to see.
    pub(crate) fn new(hidden: bool) -> Self {
        let target = if hidden {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        Self {
            bars: MultiProgress::with_draw_target(target),
        }
    }

    /// A bar for a phase of so many jobs, below the others.
    pub(crate) fn phase(&self, name: &'static str, jobs: usize) -> ProgressBar {
        let style = ProgressStyle::with_template("  {prefix:<10} [{bar:32}] {pos}/{len}  {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("=> ");
        let bar = self.bars.add(ProgressBar::new(jobs as u64));
        bar.set_style(style);
        bar.set_prefix(name);
        bar.enable_steady_tick(Duration::from_millis(100));
        bar
    }

    /// Takes the bars off the screen, for what is printed now.
    pub(crate) fn clear(&self) {
        if let Err(error) = self.bars.clear() {
            log::debug!("the progress bars stay on the screen: {error}");
        }
    }
}
