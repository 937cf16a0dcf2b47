//! Redacts the executions of an erased contact.

use chrono::{DateTime, Utc};

use couponflow_app::kernel::error::StoreError;
use couponflow_domain::automation::actions::StepKind;
use couponflow_domain::automation::execution::Execution;
use couponflow_domain::kernel::ids::{CouponId, ExecutionId};

use super::{DOING, ErasedContact};
use crate::dynamo::engine::tenant_store::TenantStore;

/// Maximum number of attempts to save an execution that changes concurrently.
const ATTEMPTS: usize = 4;

impl TenantStore {
    /// Redacts an execution for the contact. Makes coupons that it generated for the contact alone unusable.
    /// Cancels the execution if it has not ended.
    pub(super) async fn redact_execution(
        &self,
        listed: &str,
        erased: &ErasedContact<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let id = ExecutionId::parse(listed.split('#').next().unwrap_or_default());
        let id = id.map_err(|error| StoreError::damaged(DOING, error))?;
        for _ in 0..ATTEMPTS {
            let Some(execution) = self.execution(&id).await? else { return Ok(false) };
            let is_of_contact = execution.contact.as_ref().is_some_and(|contact| contact.key() == erased.key);
            if !is_of_contact || execution.created_at > erased.erased_at {
                return Ok(false);
            }
            for coupon in coupons_of(&execution) {
                self.redact_only_for(&coupon, erased).await?;
            }
            let Some(redacted) = execution.redact_for_erasure(now) else { return Ok(false) };
            if self.save(&redacted, None).await? {
                return Ok(true);
            }
        }
        Err(StoreError::Busy { doing: DOING })
    }
}

/// Returns the coupons that the execution has generated.
fn coupons_of(execution: &Execution) -> Vec<CouponId> {
    let generated = execution.steps.iter().filter(|step| step.r#type.kind() == Some(StepKind::GenerateCoupon));
    let ids = generated.filter_map(|step| CouponId::parse(step.output.get("coupon_id")?.as_str()?).ok());
    ids.collect()
}
