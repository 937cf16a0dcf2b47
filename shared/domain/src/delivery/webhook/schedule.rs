//! Retry schedule of webhooks.

use chrono::TimeDelta;

use crate::kernel::digest::Bits80;

/// Delays between the attempts. The delays are similar to the schedule that Standard Webhooks
/// suggests, but limited to three days in total.
const DELAYS: [TimeDelta; 8] = [
    TimeDelta::seconds(5),
    TimeDelta::minutes(5),
    TimeDelta::minutes(30),
    TimeDelta::hours(2),
    TimeDelta::hours(5),
    TimeDelta::hours(10),
    TimeDelta::hours(20),
    TimeDelta::hours(24),
];

/// Maximum number of attempts.
pub const MAX_ATTEMPTS: u32 = DELAYS.len() as u32 + 1;

/// Returns the delay after the failed attempt with number `attempt`, counted from 1. Returns `None`
/// after the last attempt. Random jitter adds up to a tenth of the delay, so that webhooks that
/// failed at the same time are not all retried at the same time. All attempts are due within three
/// days of the first attempt, unless the receiver asks for longer delays with `Retry-After`.
pub fn retry_delay(attempt: u32, jitter: Bits80) -> Option<TimeDelta> {
    let wait = *DELAYS.get(usize::try_from(attempt.checked_sub(1)?).ok()?)?;
    Some(wait + wait * i32::from(jitter[0]) / 2550)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_attempts_are_within_three_days_of_the_first() {
        let total = |jitter| (1..=MAX_ATTEMPTS).filter_map(|attempt| retry_delay(attempt, jitter)).sum::<TimeDelta>();
        assert!(total([0; 10]) > TimeDelta::days(2));
        assert!(total([255; 10]) < TimeDelta::days(3));
    }

    #[test]
    fn jitter_adds_up_to_a_tenth_and_the_last_attempt_has_no_delay() {
        assert_eq!(retry_delay(1, [0; 10]), Some(TimeDelta::seconds(5)));
        assert_eq!(retry_delay(1, [255; 10]), Some(TimeDelta::milliseconds(5_500)));
        assert!(retry_delay(MAX_ATTEMPTS - 1, [0; 10]).is_some());
        assert_eq!(retry_delay(MAX_ATTEMPTS, [0; 10]), None);
        assert_eq!(retry_delay(0, [0; 10]), None);
    }
}
