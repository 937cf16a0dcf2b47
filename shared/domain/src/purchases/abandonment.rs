//! Abandonment window: the time after which an application without a redemption counts as
//! abandoned.

use chrono::{DateTime, Utc};

use crate::kernel::span::Span;

/// Abandonment window of an application, and its timer.
///
/// Each activity of the customer on the order restarts the window, but does not move the timer.
/// When the timer fires before the end of the restarted window, the timer is set again. An order
/// that is priced repeatedly therefore needs only one timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbandonmentWindow {
    /// Time of the customer's last activity on the order.
    pub active_at: DateTime<Utc>,
    /// End of the window. From this instant the application counts as abandoned.
    pub due_at: DateTime<Utc>,
    /// Instant at which the timer fires. Never later than `due_at`.
    pub timer_at: DateTime<Utc>,
}

/// State of the window when a timer fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AbandonmentTimer {
    /// The window has ended.
    Due,
    /// The window has restarted and ends later.
    Early,
    /// The timer is outdated: the window has another timer.
    Stale,
}

impl AbandonmentWindow {
    /// Creates a window that starts at `now`.
    pub fn new(now: DateTime<Utc>, length: Span) -> Self {
        let due_at = now + length.delta();
        Self { active_at: now, due_at, timer_at: due_at }
    }

    /// Returns this window as the restart of `earlier`. The timer of `earlier` is kept if the timer
    /// has not fired yet and fires no later than the end of this window.
    #[must_use]
    pub fn after(self, earlier: Self) -> Self {
        let is_usable = self.active_at < earlier.timer_at && earlier.timer_at <= self.due_at;
        let timer_at = if is_usable { earlier.timer_at } else { self.due_at };
        Self { timer_at, ..self }
    }

    /// Returns the window with its timer set to the end of the window. Used after the timer fired
    /// early.
    #[must_use]
    pub fn rearmed(self) -> Self {
        Self { timer_at: self.due_at, ..self }
    }

    /// Returns the state of the window when a timer with the instant `timer_at` fires.
    pub fn at_timer(&self, timer_at: DateTime<Utc>) -> AbandonmentTimer {
        match timer_at == self.timer_at {
            false => AbandonmentTimer::Stale,
            true if timer_at < self.due_at => AbandonmentTimer::Early,
            true => AbandonmentTimer::Due,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn window(start: i64, seconds: i64) -> AbandonmentWindow {
        AbandonmentWindow::new(second(start), Span::parse(&format!("PT{seconds}S")).unwrap())
    }

    #[test]
    fn activity_restarts_window_and_keeps_timer() {
        let again = window(8, 12).after(window(0, 12));
        assert_eq!((again.active_at, again.due_at, again.timer_at), (second(8), second(20), second(12)));
        assert_eq!(again.at_timer(second(12)), AbandonmentTimer::Early);
        assert_eq!(again.rearmed().at_timer(second(12)), AbandonmentTimer::Stale);
        assert_eq!(again.rearmed().at_timer(second(20)), AbandonmentTimer::Due);
    }

    #[test]
    fn fired_or_too_late_timer_is_replaced() {
        for earlier in [window(0, 12), window(0, 13), window(0, 60)] {
            let again = window(13, 12).after(earlier);
            assert_eq!(again.timer_at, second(25), "{earlier:?}");
        }
    }
}
