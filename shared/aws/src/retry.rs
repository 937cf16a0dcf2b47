//! Back-off with full jitter, for what the SDK does not retry by itself.

use std::time::{Duration, Instant};

/// Waits between attempts, each random between nothing and a bound that doubles up to [`LONGEST`]: the "full jitter"
/// of the AWS Architecture Blog (Brooker 2015), which spreads writers that collided.
#[derive(Clone)]
pub(crate) struct Backoff {
    attempt: u32,
    deadline: Instant,
}

const FIRST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_millis(400);

impl Backoff {
    /// Attempts for as long as `budget` lasts.
    pub(crate) fn new(budget: Duration) -> Self {
        Self { attempt: 0, deadline: Instant::now() + budget }
    }

    /// Waits before another attempt; false where the budget is spent.
    pub(crate) async fn wait(&mut self) -> bool {
        let bound = FIRST.saturating_mul(2_u32.saturating_pow(self.attempt)).min(LONGEST);
        self.attempt += 1;
        let wait = bound.mul_f64(rand::random::<f64>());
        if Instant::now() + wait > self.deadline {
            return false;
        }
        tokio::time::sleep(wait).await;
        true
    }
}
