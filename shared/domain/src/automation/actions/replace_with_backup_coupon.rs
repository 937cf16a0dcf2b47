//! The step `replace_with_backup_coupon`.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::awaited::Awaited;
use super::coupon_change::{CODE, COUPON_ID};
use super::effect::{ShowInput, members};
use super::preparation::Preparation;
use super::reader::StepReader;
use super::step_action::{DocumentStep, KindProperties, Reference, RetrySchedule, SampleValues, StepAction};
use super::step_contents::StepContents;
use super::step_schema::step;
use crate::automation::execution::Outcome;
use crate::automation::template::StepOutput;
use crate::events::event::CouponSnapshot;
use crate::kernel::ids::CouponId;
use crate::kernel::input::Errors;

/// Activates the backup coupon of the event's coupon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplaceWithBackupCoupon;

/// Activation of the backup coupon of a coupon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivateBackup {
    pub coupon_id: CouponId,
}

impl ShowInput for ActivateBackup {
    fn input(&self) -> Map<String, Value> {
        members([("coupon_id", json!(self.coupon_id))])
    }
}

impl DocumentStep for ReplaceWithBackupCoupon {
    const CONTENTS: StepContents = StepContents::NONE;

    fn read(step: &mut StepReader<'_, '_, '_>, errors: &mut Errors) -> Option<Self> {
        step.members(&[], errors).map(|()| Self)
    }

    fn schemas(kind: &str) -> Vec<Value> {
        let description = "Activates the backup coupon of the event's coupon.";
        vec![step("ReplaceWithBackupCouponStep", kind, description, &[], &[])]
    }
}

impl StepAction for ReplaceWithBackupCoupon {
    const PROPERTIES: KindProperties = KindProperties {
        is_repeatable: true,
        listens: false,
        retries: RetrySchedule::Backoff,
        outputs: &[COUPON_ID, CODE],
    };

    type Effect = ActivateBackup;

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
        None
    }

    fn prepare(&self, preparation: &Preparation<'_>) -> Result<ActivateBackup, Outcome> {
        Ok(ActivateBackup { coupon_id: preparation.coupon_or_own(None) })
    }
}
