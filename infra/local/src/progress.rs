//! Shows the progress of the setup, and the duration of each step, on standard error.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Whether and how progress is shown.
#[derive(Clone, Copy)]
pub(crate) enum Progress {
    /// Shows a spinner on a terminal, and plain lines elsewhere.
    Shown,
    Silent,
}

impl Progress {
    /// Starts a step and shows its title.
    pub(crate) fn step(self, title: &str) -> Step {
        let shown = matches!(self, Self::Shown);
        let bar = ProgressBar::with_draw_target(
            None,
            if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() },
        )
        .with_style(spinner())
        .with_prefix(title.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        if shown && !std::io::stderr().is_terminal() {
            eprintln!("  … {title}");
        }
        Step { bar, shown, started: Instant::now() }
    }
}

fn spinner() -> ProgressStyle {
    ProgressStyle::with_template("  {spinner} {prefix}  {elapsed}  {wide_msg}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// A step in progress. [`done`](Step::done) replaces the spinner with a result line. A failed step
/// is dropped. This only removes the spinner, because the error message names the step.
pub(crate) struct Step {
    bar: ProgressBar,
    shown: bool,
    started: Instant,
}

impl Step {
    /// Shows a message beside the title.
    pub(crate) fn note(&self, message: &str) {
        self.bar.set_message(message.to_owned());
    }

    /// Removes the spinner, so that another program can show its own progress.
    pub(crate) fn hide(&self) {
        self.bar.finish_and_clear();
    }

    /// Ends the step and prints its result with the duration.
    pub(crate) fn done(self, achieved: &str) {
        self.bar.finish_and_clear();
        if self.shown {
            eprintln!("  ✓ {achieved} ({:.1} s)", self.started.elapsed().as_secs_f64());
        }
    }
}

/// A progress bar. Shows nothing if standard error is not a terminal.
pub(crate) struct CountBar(ProgressBar);

impl CountBar {
    /// Shows an empty bar with the label `of`. The bar is full at `to` units.
    pub(crate) fn new(to: u64, of: &str) -> Self {
        let style = ProgressStyle::with_template("  {bar:30} {human_pos}/{human_len} {prefix}  {per_sec}");
        let bar = ProgressBar::new(to).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self(bar.with_prefix(of.to_owned()))
    }

    /// Sets the number of completed units.
    pub(crate) fn at(&self, number: u64) {
        self.0.set_position(number);
    }

    /// Removes the bar.
    pub(crate) fn end(&self) {
        self.0.finish_and_clear();
    }
}
