//! The step `pause_coupon`.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::awaited::Awaited;
use super::coupon_change::{CODE, COUPON_ID, ChangeCoupon, coupon_id_schema};
use super::preparation::Preparation;
use super::reader::StepReader;
use super::step_action::{DocumentStep, KindProperties, Reference, RetrySchedule, SampleValues, StepAction};
use super::step_contents::StepContents;
use super::step_schema::step;
use crate::automation::execution::Outcome;
use crate::automation::template::StepOutput;
use crate::coupons::coupon::{CouponAction, State};
use crate::events::event::CouponSnapshot;
use crate::kernel::ids::CouponId;
use crate::kernel::input::Errors;

/// Pauses a coupon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PauseCoupon {
    /// Coupon to pause; the coupon of the event if absent.
    pub coupon_id: Option<CouponId>,
}

impl DocumentStep for PauseCoupon {
    const CONTENTS: StepContents = StepContents::NONE;

    fn read(step: &mut StepReader<'_, '_, '_>, errors: &mut Errors) -> Option<Self> {
        step.members(&["coupon_id"], errors)?;
        Some(Self { coupon_id: step.coupon_id(errors)? })
    }

    fn schemas(kind: &str) -> Vec<Value> {
        let description = "Pauses a coupon. Default: the coupon of the event.";
        vec![step("PauseCouponStep", kind, description, &[], &[("coupon_id", coupon_id_schema())])]
    }
}

impl StepAction for PauseCoupon {
    const PROPERTIES: KindProperties = KindProperties {
        is_repeatable: true,
        listens: false,
        retries: RetrySchedule::Backoff,
        outputs: &[COUPON_ID, CODE],
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

    fn sample_values(&self, _: &CouponSnapshot, now: DateTime<Utc>) -> SampleValues {
        SampleValues::at(now)
    }

    fn reference(&self) -> Option<Reference<'_>> {
        self.coupon_id.as_ref().map(|id| Reference::Coupon { id, member: "coupon_id" })
    }

    fn prepare(&self, preparation: &Preparation<'_>) -> Result<ChangeCoupon, Outcome> {
        let coupon_id = preparation.coupon_or_own(self.coupon_id.as_ref());
        Ok(ChangeCoupon { coupon_id, action: CouponAction::Switch(State::Paused) })
    }
}
