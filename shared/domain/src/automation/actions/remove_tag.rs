//! The step `remove_tag`.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::awaited::Awaited;
use super::label_change;
use super::label_change::ChangeLabels;
use super::preparation::Preparation;
use super::reader::StepReader;
use super::step_action::{DocumentStep, KindProperties, Reference, SampleValues, StepAction};
use super::step_contents::StepContents;
use crate::automation::execution::Outcome;
use crate::automation::template::StepOutput;
use crate::contacts::contact::SetChange;
use crate::events::event::CouponSnapshot;
use crate::kernel::input::Errors;
use crate::kernel::label::Label;

/// Removes a tag from the contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoveTag {
    pub tag: Label,
}

impl DocumentStep for RemoveTag {
    const CONTENTS: StepContents = StepContents::NONE;

    fn read(step: &mut StepReader<'_, '_, '_>, errors: &mut Errors) -> Option<Self> {
        label_change::read(step, "tag", errors).map(|tag| Self { tag })
    }

    fn schemas(kind: &str) -> Vec<Value> {
        vec![label_change::schema("RemoveTagStep", kind, "Removes a tag from the contact.", "tag")]
    }
}

impl StepAction for RemoveTag {
    const PROPERTIES: KindProperties = label_change::PROPERTIES;

    type Effect = ChangeLabels;

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

    fn prepare(&self, preparation: &Preparation<'_>) -> Result<ChangeLabels, Outcome> {
        preparation.contact().map(|_| ChangeLabels(SetChange::RemoveTag(self.tag.clone())))
    }
}
