//! Waiting for what happens behind the API.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::Surprise;

const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Looks again and again until there is something to see.
///
/// # Errors
/// If nothing is seen in time, or looking fails.
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
            return Err(Surprise {
                expected: expected.into(),
                came: format!("nothing came within {} s", within.as_secs()),
            });
        }
        sleep(LOOK_EVERY).await;
    }
}
