//! Polls for the results of background processing.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::Mismatch;

const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// Calls `poll` every 200 ms until it returns a value.
///
/// # Errors
/// Returns an error if `poll` fails or returns no value within the time `within`.
pub(super) async fn until<T>(
    expected: &str,
    within: Duration,
    mut poll: impl AsyncFnMut() -> Result<Option<T>, Mismatch>,
) -> Result<T, Mismatch> {
    let started = Instant::now();
    loop {
        if let Some(seen) = poll().await? {
            return Ok(seen);
        }
        if started.elapsed() > within {
            return Err(Mismatch {
                expected: expected.into(),
                actual: format!("nothing within {} s", within.as_secs()),
            });
        }
        sleep(POLL_INTERVAL).await;
    }
}
