//! Polls for results of background processing.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::Surprise;

const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Calls `look` every 200 ms until it returns a value.
///
/// # Errors
/// If `look` fails or returns no value within the given time.
pub(super) async fn until<T>(
    expected: &str,
    within: Duration,
    mut look: impl AsyncFnMut() -> Result<Option<T>, Surprise>,
) -> Result<T, Surprise> {
    let started = Instant::now();
    loop {
        if let Some(seen) = look().await? {
            return Ok(seen);
        }
        if started.elapsed() > within {
            return Err(Surprise { expected: expected.into(), came: format!("nothing within {} s", within.as_secs()) });
        }
        sleep(LOOK_EVERY).await;
    }
}
