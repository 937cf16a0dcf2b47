//! What a dry run knows while it predicts the effects of an execution.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use couponflow_domain::automation::execution::{Execution, Outcome};
use couponflow_domain::automation::workflow::Step;
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::kernel::ids::{CouponId, ExecutionId, WorkflowId};
use serde_json::{Map, Value};

use crate::automation::ports::AutomationStore;
use crate::kernel::error::StoreError;

/// Coupons that were read for a request. Each coupon is read once.
pub(in crate::automation) type Coupons = HashMap<CouponId, Option<Coupon>>;

/// Changes that one execution would have made so far.
#[derive(Debug, Clone, Default)]
pub(in crate::automation) struct Changes {
    pub(super) coupons: HashMap<CouponId, Coupon>,
    pub(super) started: HashMap<WorkflowId, ExecutionId>,
    pub(super) stopped: HashSet<ExecutionId>,
}

/// Predicts the effects of one execution, in order.
pub(in crate::automation) struct Prediction<'a, S> {
    pub(in crate::automation) store: &'a S,
    pub(in crate::automation) read: &'a mut Coupons,
    pub(in crate::automation) changes: Changes,
}

/// Claimed step whose effect is predicted.
pub(in crate::automation) struct PlannedEffect<'a> {
    pub(in crate::automation) claim: &'a Execution,
    pub(in crate::automation) step: &'a Step,
    pub(in crate::automation) now: DateTime<Utc>,
}

impl<S: AutomationStore> Prediction<'_, S> {
    /// Returns a coupon as the execution would see it now.
    pub(super) async fn coupon(&mut self, id: &CouponId) -> Result<Option<Coupon>, StoreError> {
        if let Some(changed) = self.changes.coupons.get(id) {
            return Ok(Some(changed.clone()));
        }
        if let Some(read) = self.read.get(id) {
            return Ok(read.clone());
        }
        let coupon = self.store.coupon(id).await?;
        self.read.insert(id.clone(), coupon.clone());
        Ok(coupon)
    }
}

impl PlannedEffect<'_> {
    /// Returns sample outputs of the step.
    pub(super) fn placeholders(&self) -> Map<String, Value> {
        self.step.placeholders(&self.claim.event.data.coupon, self.now)
    }

    /// Returns the outcome of a completed step, with sample outputs.
    pub(super) fn done(&self) -> Outcome {
        Outcome::Completed(self.placeholders())
    }
}
