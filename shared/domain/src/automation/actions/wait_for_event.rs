//! The step `wait_for_event`.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::awaited::{Awaited, AwaitedAt};
use super::condition_schema::condition_steps;
use super::effect::{ShowInput, members};
use super::preparation::Preparation;
use super::reader::StepReader;
use super::spans::{MAX_WAIT, MIN_WAIT};
use super::step_action::{DocumentStep, KindProperties, Reference, RetrySchedule, SampleValues, StepAction};
use super::step_contents::StepContents;
use super::step_schema::nested_steps;
use crate::automation::execution::Outcome;
use crate::automation::template::StepOutput;
use crate::automation::workflow::WaitCondition;
use crate::events::event::CouponSnapshot;
use crate::kernel::input::Errors;
use crate::kernel::json_schema::optional;
use crate::kernel::span::Span;

/// Waits for an event or a change of the contact, up to a timeout. Has two branches: one if the
/// event happens, and one for the timeout.
#[derive(Debug, Clone, PartialEq)]
pub struct WaitForEvent {
    pub condition: WaitCondition,
    pub timeout: TimeDelta,
}

/// Index of the branch that the execution takes if the condition was met.
pub(in crate::automation) const HAPPENED: usize = 0;

/// Index of the branch that the execution takes if the timeout passed first.
const TIMED_OUT: usize = 1;

/// Subscription to the signals that the step waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// When the wait times out.
    pub until: DateTime<Utc>,
}

impl ShowInput for Listen {
    fn input(&self) -> Map<String, Value> {
        members([("until", json!(self.until))])
    }
}

impl DocumentStep for WaitForEvent {
    const CONTENTS: StepContents =
        StepContents { lists: &["then", "on_timeout"], has_filters: true, ..StepContents::NONE };

    fn read(step: &mut StepReader<'_, '_, '_>, errors: &mut Errors) -> Option<Self> {
        step.needs_contact();
        step.members(&[&["timeout", "then", "on_timeout"], WaitCondition::MEMBERS].concat(), errors)?;
        step.branches(vec![step.get("then"), step.get("on_timeout")]);
        let condition = WaitCondition::read(step.field(), &step.context.scope, errors);
        let timeout = Span::read(&step.get("timeout"), MIN_WAIT..=MAX_WAIT, errors);
        Some(Self { condition: condition?, timeout: timeout?.delta() })
    }

    fn schemas(kind: &str) -> Vec<Value> {
        let members = [
            ("timeout", Span::schema("Maximum time to wait.", &(MIN_WAIT..=MAX_WAIT))),
            ("then", optional(nested_steps(0))),
            ("on_timeout", optional(nested_steps(0))),
        ];
        let description = "Waits until the condition is met or the timeout has passed.";
        condition_steps("WaitFor", kind, description, &["timeout"], &members)
    }
}

impl StepAction for WaitForEvent {
    const PROPERTIES: KindProperties =
        KindProperties { is_repeatable: true, listens: true, retries: RetrySchedule::Backoff, outputs: &[] };

    type Effect = Listen;

    fn gates_later_steps(&self) -> bool {
        true
    }

    fn awaited(&self) -> Option<Awaited<'_>> {
        Some(Awaited {
            condition: &self.condition,
            at: AwaitedAt::ThisStep,
            timed_out: Outcome::TookBranch(TIMED_OUT, "it did not happen in time".to_owned()),
        })
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

    fn prepare(&self, preparation: &Preparation<'_>) -> Result<Listen, Outcome> {
        // Without a contact or an order, the execution cannot observe events, but the timeout still applies.
        Ok(Listen { until: preparation.started_at + self.timeout })
    }
}
