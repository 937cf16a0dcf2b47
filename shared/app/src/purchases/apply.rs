//! Applies codes: prices an order and records the applications. Consumes no redemption. If the request asks for a hold,
//! reserves one redemption per code.

mod applicant;
mod backup;
mod code_state;
mod decide;
mod preview;
mod record;
mod remove;

pub use applicant::Applicant;
pub use preview::{Previewed, preview};
pub use record::Applied;
pub use remove::remove;

use chrono::{DateTime, Utc};
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::purchases::Checkout;

use code_state::CodeState;
use decide::decide_all;
use record::{Recorded, record, record_rejections};

use crate::kernel::error::StoreError;
use crate::purchases::ports::PurchaseStore;

/// Maximum number of attempts per code. An attempt fails if a coupon or an application changes
/// concurrently.
const ATTEMPTS: usize = 4;

/// Accepts or rejects each code, in request order, based on the current coupon and the order value
/// that the previous codes left. A rejected code does not stop the following codes. Records an
/// application for each accepted code, and the attempt for each rejected code. Each application
/// contains the order total after all codes.
///
/// Returns `None` if the order already has an application of one of the coupons that the caller may not replace. Earlier
/// codes of the request can be recorded in this case.
///
/// The stored application is the outbox entry of its event: the relay reads the application from
/// the table's stream and publishes the event.
///
/// # Errors
/// Returns an error if the store fails, or if coupons or applications keep changing. Applications
/// that were recorded before the error stay, and a repeated request returns them.
pub async fn apply(
    store: &impl PurchaseStore,
    checkout: &Checkout,
    applicant: &Applicant<'_>,
    now: DateTime<Utc>,
    correlation_id: &CorrelationId,
) -> Result<Option<Vec<Applied>>, StoreError> {
    let mut parts = CodeState::find_all(store, checkout, applicant.maker, now).await?;
    for _ in 0..ATTEMPTS * parts.len() {
        let decided = decide_all(&parts, applicant, now);
        match record(store, &mut parts, &decided, now, correlation_id).await? {
            Recorded::All => {
                return record_rejections(store, parts, decided, applicant.maker, now, correlation_id).await.map(Some);
            }
            Recorded::Conflict => {}
            Recorded::Denied => return Ok(None),
        }
    }
    Err(StoreError::Busy { doing: "applying codes whose coupons keep changing" })
}
