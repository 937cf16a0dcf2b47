//! Backoff with full jitter, for failures that the SDK does not retry.

use std::time::{Duration, Instant};

/// Waits between attempts. Each wait has a random length between zero and a bound. The bound
/// doubles from [`FIRST_BOUND`] up to [`MAX_BOUND`]. Random waits spread out the retries of writers
/// that collided. The algorithm is "full jitter" from the AWS Architecture Blog ("Exponential
/// Backoff And Jitter", Brooker 2015).
#[derive(Clone)]
pub(crate) struct Backoff {
    attempt: u32,
    deadline: Instant,
}

const FIRST_BOUND: Duration = Duration::from_millis(10);
const MAX_BOUND: Duration = Duration::from_millis(400);

impl Backoff {
    /// Creates a backoff that ends when `budget` has passed from now.
    pub(crate) fn new(budget: Duration) -> Self {
        Self { attempt: 0, deadline: Instant::now() + budget }
    }

    /// Whether the budget has passed.
    pub(crate) fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }

    /// Waits before the next attempt. Returns false, without waiting, if the wait would exceed the budget.
    pub(crate) async fn wait(&mut self) -> bool {
        let bound = FIRST_BOUND.saturating_mul(2_u32.saturating_pow(self.attempt)).min(MAX_BOUND);
        self.attempt += 1;
        let wait = bound.mul_f64(rand::random::<f64>());
        if Instant::now() + wait > self.deadline {
            return false;
        }
        tokio::time::sleep(wait).await;
        true
    }
}
