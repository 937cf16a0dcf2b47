//! Shows on standard error what a stack is being set up with, and how long each step took.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Where steps are shown.
#[derive(Clone, Copy)]
pub(crate) enum Progress {
    /// A spinner on a terminal, plain lines elsewhere.
    Shown,
    /// Nowhere.
    Silent,
}

impl Progress {
    /// Begins a step that may take a while.
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

/// A step under way. Dropped without being [done](Step::done), it leaves no line behind: the error says what failed.
pub(crate) struct Step {
    bar: ProgressBar,
    shown: bool,
    started: Instant,
}

impl Step {
    /// Shows how far the step is.
    pub(crate) fn note(&self, message: &str) {
        self.bar.set_message(message.to_owned());
    }

    /// Hands the terminal to a program that shows its own progress.
    pub(crate) fn step_aside(&self) {
        self.bar.finish_and_clear();
    }

    /// Ends the step with what it achieved.
    pub(crate) fn done(self, achieved: &str) {
        self.bar.finish_and_clear();
        if self.shown {
            eprintln!("  ✓ {achieved} ({:.1} s)", self.started.elapsed().as_secs_f64());
        }
    }
}

/// A bar that fills up, on a terminal; nothing elsewhere.
pub(crate) struct Count(ProgressBar);

impl Count {
    /// Begins to count up to a number of things.
    pub(crate) fn new(to: u64, of: &str) -> Self {
        let style = ProgressStyle::with_template("  {bar:30} {human_pos}/{human_len} {prefix}  {per_sec}");
        let bar = ProgressBar::new(to).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self(bar.with_prefix(of.to_owned()))
    }

    /// So many are there.
    pub(crate) fn at(&self, number: u64) {
        self.0.set_position(number);
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        self.0.finish_and_clear();
    }
}
