//! The step `for_each_contact`.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::awaited::Awaited;
use super::effect::{ShowInput, members};
use super::preparation::Preparation;
use super::reader::StepReader;
use super::step_action::{DocumentStep, KindProperties, Reference, RetrySchedule, SampleValues, StepAction};
use super::step_contents::StepContents;
use super::step_schema::{nested_steps, step};
use crate::automation::execution::Outcome;
use crate::automation::template::StepOutput;
use crate::contacts::audience::Audience;
use crate::events::event::CouponSnapshot;
use crate::kernel::input::Errors;

/// For each contact of an audience, starts an execution of the steps inside this step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForEachContact {
    pub audience: Audience,
    /// Position of the first step inside this step.
    pub first: usize,
}

impl ShowInput for ForEachContact {
    fn input(&self) -> Map<String, Value> {
        members([("audience", json!(self.audience))])
    }
}

impl DocumentStep for ForEachContact {
    const CONTENTS: StepContents = StepContents { lists: &["steps"], per_contact: true, ..StepContents::NONE };

    fn read(step: &mut StepReader<'_, '_, '_>, errors: &mut Errors) -> Option<Self> {
        step.members(&["audience", "steps"], errors)?;
        if step.context.has_contact {
            return step.get("type").reject("can't be within another for_each_contact", errors);
        }
        let audience = Audience::read(&step.get("audience"), errors);
        let first = step.for_each_contact(step.get("steps"));
        Some(Self { audience: audience?, first })
    }

    fn schemas(kind: &str) -> Vec<Value> {
        let description = "Runs the nested steps for each contact of an audience.";
        let members = [("audience", Audience::schema()), ("steps", nested_steps(1))];
        vec![step("ForEachContactStep", kind, description, &["audience", "steps"], &members)]
    }
}

impl StepAction for ForEachContact {
    const PROPERTIES: KindProperties =
        KindProperties { is_repeatable: true, listens: false, retries: RetrySchedule::Backoff, outputs: &[] };

    type Effect = Self;

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
        match &self.audience {
            Audience::AppliedNotRedeemed { coupon_id } | Audience::Redeemed { coupon_id } => {
                coupon_id.as_ref().map(|id| Reference::Coupon { id, member: "audience/coupon_id" })
            }
            Audience::List { .. } | Audience::Tag { .. } => None,
        }
    }

    fn prepare(&self, _: &Preparation<'_>) -> Result<Self, Outcome> {
        Ok(self.clone())
    }
}
