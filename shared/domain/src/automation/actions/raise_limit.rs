//! The step `raise_limit`.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::awaited::Awaited;
use super::coupon_change::{CODE, COUPON_ID, ChangeCoupon, coupon_id_schema};
use super::preparation::Preparation;
use super::reader::StepReader;
use super::step_action::{DocumentStep, KindProperties, Reference, RetrySchedule, SampleValues, StepAction, output};
use super::step_contents::StepContents;
use super::step_schema::step;
use crate::automation::execution::Outcome;
use crate::automation::template::{Kind, StepOutput};
use crate::coupons::coupon::CouponAction;
use crate::events::event::CouponSnapshot;
use crate::kernel::ids::CouponId;
use crate::kernel::input::Errors;
use crate::kernel::json_schema::integer;

/// Maximum number of redemptions that a step adds.
const MAX_RAISE: i64 = 1_000_000_000;

/// Permits more redemptions of a coupon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RaiseLimit {
    /// Coupon to change; the coupon of the event if absent.
    pub coupon_id: Option<CouponId>,
    /// Number of additional redemptions.
    pub by: i64,
}

const LIMIT: StepOutput =
    output("limit", Kind::Number, true, "New limit of the coupon; missing if the step was skipped");

impl DocumentStep for RaiseLimit {
    const CONTENTS: StepContents = StepContents::NONE;

    fn read(step: &mut StepReader<'_, '_, '_>, errors: &mut Errors) -> Option<Self> {
        step.members(&["coupon_id", "by"], errors)?;
        let by = step.get("by").integer(1..=MAX_RAISE, errors);
        Some(Self { coupon_id: step.coupon_id(errors)?, by: by? })
    }

    fn schemas(kind: &str) -> Vec<Value> {
        let description = "Raises the redemption limit of a coupon. Default: the coupon of the event.";
        let by = integer(1..=MAX_RAISE, "Number of redemptions to add.");
        vec![step("RaiseLimitStep", kind, description, &["by"], &[("coupon_id", coupon_id_schema()), ("by", by)])]
    }
}

impl StepAction for RaiseLimit {
    const PROPERTIES: KindProperties = KindProperties {
        is_repeatable: true,
        listens: false,
        retries: RetrySchedule::Backoff,
        outputs: &[COUPON_ID, CODE, LIMIT],
    };

    type Effect = ChangeCoupon;

    fn gates_later_steps(&self) -> bool {
        false
    }

    fn awaited(&self) -> Option<Awaited<'_>> {
        None
    }

    fn outputs(&self) -> Vec<StepOutput> {
        Self::PROPERTIES.outputs.to_vec()
    }

    fn sample_values(&self, coupon: &CouponSnapshot, now: DateTime<Utc>) -> SampleValues {
        let own = coupon.limit.filter(|_| self.coupon_id.as_ref().is_none_or(|id| *id == coupon.id));
        SampleValues { number: own.unwrap_or(0).saturating_add(self.by), ..SampleValues::at(now) }
    }

    fn reference(&self) -> Option<Reference<'_>> {
        self.coupon_id.as_ref().map(|id| Reference::Coupon { id, member: "coupon_id" })
    }

    fn prepare(&self, preparation: &Preparation<'_>) -> Result<ChangeCoupon, Outcome> {
        let coupon_id = preparation.coupon_or_own(self.coupon_id.as_ref());
        Ok(ChangeCoupon { coupon_id, action: CouponAction::RaiseLimit(self.by) })
    }
}
