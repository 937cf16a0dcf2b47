//! When a webhook is posted again.

use chrono::TimeDelta;

use crate::digest::Bits80;

/// The waits between the attempts, much as Standard Webhooks suggests, so that all fit into three days.
const WAITS: [TimeDelta; 8] = [
    TimeDelta::seconds(5),
    TimeDelta::minutes(5),
    TimeDelta::minutes(30),
    TimeDelta::hours(2),
    TimeDelta::hours(5),
    TimeDelta::hours(10),
    TimeDelta::hours(20),
    TimeDelta::hours(24),
];

/// Attempts at most.
pub const ATTEMPTS: u32 = WAITS.len() as u32 + 1;

/// The wait after attempt `attempt` (from 1) has failed; none after the last. Up to a tenth is added at random, so that
/// what failed together is not tried again together. All attempts are within three days of the first, unless the receiver
/// asks for longer waits with `Retry-After`.
pub fn retry_delay(attempt: u32, jitter: Bits80) -> Option<TimeDelta> {
    let wait = *WAITS.get(usize::try_from(attempt.checked_sub(1)?).ok()?)?;
    Some(wait + wait * i32::from(jitter[0]) / 2550)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_attempts_are_within_three_days_of_the_first() {
        let total = |jitter| (1..=ATTEMPTS).filter_map(|attempt| retry_delay(attempt, jitter)).sum::<TimeDelta>();
        assert!(total([0; 10]) > TimeDelta::days(2));
        assert!(total([255; 10]) < TimeDelta::days(3));
    }

    #[test]
    fn a_wait_grows_by_up_to_a_tenth_and_ends_with_the_last_attempt() {
        assert_eq!(retry_delay(1, [0; 10]), Some(TimeDelta::seconds(5)));
        assert_eq!(retry_delay(1, [255; 10]), Some(TimeDelta::milliseconds(5_500)));
        assert!(retry_delay(ATTEMPTS - 1, [0; 10]).is_some());
        assert_eq!(retry_delay(ATTEMPTS, [0; 10]), None);
        assert_eq!(retry_delay(0, [0; 10]), None);
    }
}
