//! Reads a redemption with its sequence number.

use std::time::Duration;

use couponflow_domain::kernel::ids::RedemptionId;
use couponflow_domain::purchases::Redemption;
use tokio::time::{Instant, sleep};

use crate::kernel::error::StoreError;
use crate::purchases::ports::PurchaseStore;

/// Maximum time to wait until the relay has assigned a sequence number to a new redemption.
const NUMBERING_TIMEOUT: Duration = Duration::from_secs(3);

/// Time between two reads.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Reads a redemption with its sequence number. If the relay does not assign the number within
/// three seconds, returns the redemption without the number.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn numbered(store: &impl PurchaseStore, id: &RedemptionId) -> Result<Option<Redemption>, StoreError> {
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
