//! Reads a redemption with its sequence number.

use std::time::Duration;

use couponflow_domain::kernel::ids::RedemptionId;
use couponflow_domain::purchases::Redemption;
use tokio::time::{Instant, sleep};

use crate::kernel::error::StoreError;
use crate::purchases::ports::Redemptions;

/// How long to wait for the relay to number a redemption that was just committed.
const NUMBERING_TIMEOUT: Duration = Duration::from_secs(3);

/// Time between two reads while waiting.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Reads a redemption with its sequence number. Returns the redemption without the number if the relay does not number
/// it within three seconds.
///
/// # Errors
/// If the store fails.
pub async fn numbered(store: &impl Redemptions, id: &RedemptionId) -> Result<Option<Redemption>, StoreError> {
    let deadline = Instant::now() + NUMBERING_TIMEOUT;
    loop {
        match store.redemption(id).await? {
            Some(redemption) if redemption.redemption_number.is_none() && Instant::now() < deadline => {
                sleep(POLL_INTERVAL).await;
            }
            found => return Ok(found),
        }
    }
}
