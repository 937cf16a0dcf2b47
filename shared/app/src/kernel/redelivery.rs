//! Time until a queue delivers a message again that could not be processed.

use std::time::Duration;

/// Time until the second delivery, without jitter.
const FIRST: Duration = Duration::from_secs(10);

/// Longest time between two deliveries.
pub const LONGEST: Duration = Duration::from_secs(15 * 60);

/// Returns the time until a message is delivered again. `deliveries` is the number of deliveries so far, from 1. The time
/// doubles with each delivery, from `FIRST` up to `LONGEST`. Half of it is random, so that messages that failed together
/// are not delivered together again; `random` is between 0 and 1. The algorithm is "equal jitter" from the AWS
/// Architecture Blog ("Exponential Backoff And Jitter", Brooker 2015).
pub fn redelivery_delay(deliveries: u32, random: f64) -> Duration {
    let bound = FIRST.saturating_mul(2_u32.saturating_pow(deliveries.saturating_sub(1))).min(LONGEST);
    bound / 2 + (bound / 2).mul_f64(random.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delay_doubles_up_to_fifteen_minutes_and_half_of_it_is_random() {
        let longest: Vec<u64> =
            [1, 2, 3, 7, 8, 1000].map(|deliveries| redelivery_delay(deliveries, 1.0).as_secs()).into();
        assert_eq!(longest, [10, 20, 40, 640, 900, 900]);
        assert_eq!(redelivery_delay(1, 0.0), Duration::from_secs(5));
        assert_eq!(redelivery_delay(0, 1.0), Duration::from_secs(10));
    }
}
