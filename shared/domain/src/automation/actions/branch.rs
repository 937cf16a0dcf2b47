//! The step `branch`.

use std::convert::Infallible;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::awaited::Awaited;
use super::preparation::Preparation;
use super::reader::StepReader;
use super::step_action::{DocumentStep, KindProperties, Reference, RetrySchedule, SampleValues, StepAction};
use super::step_contents::{Branches, StepContents};
use super::step_schema::{MAX_BRANCHES, branches, nested_steps, step};
use crate::automation::execution::Outcome;
use crate::automation::filter::{Filter, FilterSchema, Subject};
use crate::automation::template::StepOutput;
use crate::events::event::CouponSnapshot;
use crate::kernel::input::Errors;
use crate::kernel::json_schema::optional;

/// Takes the first branch whose filter matches the event and the contact's current data. If no
/// filter matches, takes the last branch.
#[derive(Debug, Clone, PartialEq)]
pub struct Branch {
    /// One filter for each branch except the last.
    pub filters: Vec<Filter>,
}

impl DocumentStep for Branch {
    const CONTENTS: StepContents =
        StepContents { branches: Branches::Filtered, lists: &["else"], ..StepContents::NONE };

    fn read(step: &mut StepReader<'_, '_, '_>, errors: &mut Errors) -> Option<Self> {
        step.members(&["branches", "else"], errors)?;
        let (trigger, has_contact) = (step.context.trigger, step.context.has_contact);
        let mut lists = Vec::new();
        let filters = step.get("branches").list(1..=MAX_BRANCHES, errors, |field, errors| {
            field.object(&["filters", "steps"], errors)?;
            lists.push(field.get("steps"));
            let filters = field.get("filters");
            if filters.is_absent() {
                return filters.reject("is required; for contacts that match no branch, use else", errors);
            }
            Filter::read_within(&filters, trigger, has_contact, errors)
        });
        lists.push(step.get("else"));
        step.branches(lists);
        Some(Self { filters: filters? })
    }

    fn schemas(kind: &str) -> Vec<Value> {
        let filters = FilterSchema::member(&[FilterSchema::OrderFilter, FilterSchema::CouponFilter]);
        let members =
            [("branches", branches("FilteredBranch", 1, ("filters", filters))), ("else", optional(nested_steps(0)))];
        let description = "Takes the first branch whose filters match the event and the current state of the contact.";
        vec![step("BranchStep", kind, description, &["branches"], &members)]
    }
}

impl StepAction for Branch {
    const PROPERTIES: KindProperties =
        KindProperties { is_repeatable: true, listens: false, retries: RetrySchedule::Backoff, outputs: &[] };

    type Effect = Infallible;

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

    fn prepare(&self, preparation: &Preparation<'_>) -> Result<Infallible, Outcome> {
        let tags = preparation.contact.map(|contact| &contact.tags);
        let subject = Subject { event: &preparation.event, tags };
        Err(match self.filters.iter().position(|filter| filter.matches(subject)) {
            Some(way) => Outcome::TookBranch(way, format!("branch {}", way + 1)),
            None => Outcome::TookBranch(self.filters.len(), "else".to_owned()),
        })
    }
}
