//! The abandonment window of an application.

use chrono::{DateTime, Utc};

use crate::span::Span;

/// When an application counts as abandoned.
///
/// The window restarts with every activity of the customer on the order. The timer does not move along: it fires at an
/// instant that the window had earlier, finds that the window has restarted, and is set again. So a cart that is priced
/// again and again has one timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbandonmentWindow {
    /// The customer's last activity on the order.
    pub active_at: DateTime<Utc>,
    /// The end of the window: the application counts as abandoned at this instant.
    pub due_at: DateTime<Utc>,
    /// The instant of the timer that is set, never after the end of the window.
    pub timer_at: DateTime<Utc>,
}

/// What a timer of an abandonment window finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AbandonmentTimer {
    /// The window is over.
    Due,
    /// The window has restarted and ends later.
    Early,
    /// Another timer is set for the window.
    Stale,
}

impl AbandonmentWindow {
    /// A window that begins at `now`.
    pub fn new(now: DateTime<Utc>, length: Span) -> Self {
        let due_at = now + length.delta();
        Self { active_at: now, due_at, timer_at: due_at }
    }

    /// The window that begins with a further activity, after an earlier one. The timer of the earlier window stays if it is
    /// still to fire and not too late for the new window.
    #[must_use]
    pub fn after(self, earlier: Self) -> Self {
        let is_usable = self.active_at < earlier.timer_at && earlier.timer_at <= self.due_at;
        let timer_at = if is_usable { earlier.timer_at } else { self.due_at };
        Self { timer_at, ..self }
    }

    /// The same window after its timer fired early: the timer is set for the end.
    #[must_use]
    pub fn rearmed(self) -> Self {
        Self { timer_at: self.due_at, ..self }
    }

    /// What the timer of an instant finds.
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
    fn an_activity_restarts_the_window_and_keeps_the_timer() {
        let again = window(8, 12).after(window(0, 12));
        assert_eq!((again.active_at, again.due_at, again.timer_at), (second(8), second(20), second(12)));
        assert_eq!(again.at_timer(second(12)), AbandonmentTimer::Early);
        assert_eq!(again.rearmed().at_timer(second(12)), AbandonmentTimer::Stale);
        assert_eq!(again.rearmed().at_timer(second(20)), AbandonmentTimer::Due);
    }

    #[test]
    fn a_timer_that_has_fired_or_comes_too_late_is_replaced() {
        for earlier in [window(0, 12), window(0, 13), window(0, 60)] {
            let again = window(13, 12).after(earlier);
            assert_eq!(again.timer_at, second(25), "{earlier:?}");
        }
    }
}
