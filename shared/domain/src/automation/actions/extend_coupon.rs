//! The step `extend_coupon`.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::awaited::Awaited;
use super::coupon_change::{CODE, COUPON_ID, ChangeCoupon, coupon_id_schema};
use super::preparation::Preparation;
use super::reader::StepReader;
use super::spans::{MAX_WAIT, MIN_WAIT};
use super::step_action::{DocumentStep, KindProperties, Reference, RetrySchedule, SampleValues, StepAction, output};
use super::step_contents::StepContents;
use super::step_schema::step;
use crate::automation::execution::Outcome;
use crate::automation::template::{Kind, StepOutput};
use crate::coupons::coupon::CouponAction;
use crate::events::event::CouponSnapshot;
use crate::kernel::ids::CouponId;
use crate::kernel::input::Errors;
use crate::kernel::span::Span;

/// Postpones the expiry of a coupon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendCoupon {
    /// Coupon to extend; the coupon of the event if absent.
    pub coupon_id: Option<CouponId>,
    /// Time to add to the current expiry, or to the present if the expiry has passed.
    pub by: Span,
}

const EXPIRES_AT: StepOutput =
    output("expires_at", Kind::Instant, true, "New expiry of the coupon; missing if the step was skipped");

impl DocumentStep for ExtendCoupon {
    const CONTENTS: StepContents = StepContents::NONE;

    fn read(step: &mut StepReader<'_, '_, '_>, errors: &mut Errors) -> Option<Self> {
        step.members(&["coupon_id", "by"], errors)?;
        let by = Span::read(&step.get("by"), MIN_WAIT..=MAX_WAIT, errors);
        Some(Self { coupon_id: step.coupon_id(errors)?, by: by? })
    }

    fn schemas(kind: &str) -> Vec<Value> {
        let description = "Moves the expiry of a coupon to a later time. Default: the coupon of the event.";
        let by = Span::schema("Time to add.", &(MIN_WAIT..=MAX_WAIT));
        vec![step("ExtendCouponStep", kind, description, &["by"], &[("coupon_id", coupon_id_schema()), ("by", by)])]
    }
}

impl StepAction for ExtendCoupon {
    const PROPERTIES: KindProperties = KindProperties {
        is_repeatable: true,
        listens: false,
        retries: RetrySchedule::Backoff,
        outputs: &[COUPON_ID, CODE, EXPIRES_AT],
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
        let own = coupon.expires_at.filter(|_| self.coupon_id.as_ref().is_none_or(|id| *id == coupon.id));
        SampleValues { instant: Some(own.unwrap_or(now).max(now) + self.by.delta()), ..SampleValues::at(now) }
    }

    fn reference(&self) -> Option<Reference<'_>> {
        self.coupon_id.as_ref().map(|id| Reference::Coupon { id, member: "coupon_id" })
    }

    fn prepare(&self, preparation: &Preparation<'_>) -> Result<ChangeCoupon, Outcome> {
        let coupon_id = preparation.coupon_or_own(self.coupon_id.as_ref());
        Ok(ChangeCoupon { coupon_id, action: CouponAction::Extend(self.by) })
    }
}
