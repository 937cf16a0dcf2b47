//! What every action defines: outputs, repeatability, the effect that it prepares, parsing and schema.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::awaited::Awaited;
use super::preparation::Preparation;
use super::reader::StepReader;
use super::step_contents::StepContents;
use crate::automation::execution::Outcome;
use crate::automation::template::{Kind, StepOutput};
use crate::events::event::CouponSnapshot;
use crate::kernel::ids::{CouponId, WorkflowId};
use crate::kernel::input::Errors;

/// Properties that all steps of one kind have.
#[derive(Debug, Clone, Copy)]
pub struct KindProperties {
    /// Whether an interrupted step may be repeated, because performing the step twice has the same effect as performing
    /// it once. A message is not repeatable, because the recipient would get the message twice. A
    /// webhook is repeatable, because its receiver deduplicates by id.
    pub is_repeatable: bool,
    /// Whether an execution listens for signals (activity of its contact) while it is at the step.
    pub listens: bool,
    pub retries: RetrySchedule,
    /// Outputs. Later steps use an output as `{{steps.<id>.<name>}}`.
    pub outputs: &'static [StepOutput],
}

/// Retry schedule of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetrySchedule {
    /// Several days, because the receiver can have a long outage.
    Webhook,
    /// Several minutes, with exponential backoff.
    Backoff,
}

/// Object that a step refers to by its id. The API rejects a workflow that refers to an object that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reference<'a> {
    Coupon {
        id: &'a CouponId,
        /// Pointer to the id, from the step.
        member: &'static str,
    },
    Workflow {
        id: &'a WorkflowId,
        /// Pointer to the id, from the step.
        member: &'static str,
    },
}

/// Sample values of the outputs of a step, for dry runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SampleValues {
    /// Value of the outputs of the kind `instant`.
    pub instant: Option<DateTime<Utc>>,
    /// Value of the outputs of the kind `number`.
    pub number: i64,
}

impl SampleValues {
    /// Sample values of a step whose outputs do not depend on its members.
    pub(super) fn at(now: DateTime<Utc>) -> Self {
        Self { instant: Some(now), number: 200 }
    }
}

/// Action of a step. A trait without default methods, so that the compiler reports what a new action lacks.
pub(super) trait StepAction: Sized {
    /// Properties that all steps of this kind have.
    const PROPERTIES: KindProperties;

    /// What performing the step changes or sends. `Infallible` for a step without an effect.
    type Effect;

    /// Whether the step is a wait that must end before the next steps run. If such a step fails or is skipped, the next
    /// steps do not run.
    fn gates_later_steps(&self) -> bool;

    /// Returns the signal that the step waits for. Only steps with [`KindProperties::listens`] wait for one.
    fn awaited(&self) -> Option<Awaited<'_>>;

    /// Returns the outputs of this step. Some members guarantee an output that other steps of this
    /// kind may lack.
    fn outputs(&self) -> Vec<StepOutput>;

    /// Returns sample values of the outputs at `now`, for an event about this coupon.
    fn sample_values(&self, coupon: &CouponSnapshot, now: DateTime<Utc>) -> SampleValues;

    /// Returns the object that the step refers to by its id.
    fn reference(&self) -> Option<Reference<'_>>;

    /// Decides and renders the effect of the step. Changes nothing, so dry runs prepare steps, too.
    ///
    /// # Errors
    /// Returns the outcome of the step if it has no effect.
    fn prepare(&self, preparation: &Preparation<'_>) -> Result<Self::Effect, Outcome>;
}

/// Step that a workflow document can have.
pub(super) trait DocumentStep: StepAction {
    /// Where the step contains other steps and filters, for edits of a workflow document.
    const CONTENTS: StepContents;

    /// Reads the members of a step of a workflow document. Declares the steps inside the step with
    /// [`StepReader::branches`] or [`StepReader::for_each_contact`]. The caller reads these steps afterwards.
    fn read(step: &mut StepReader<'_, '_, '_>, errors: &mut Errors) -> Option<Self>;

    /// Returns the request schemas of the step: one for each form that the step can have. Each has a title of its own.
    /// `kind` is the `type` of the step.
    fn schemas(kind: &str) -> Vec<Value>;
}

/// Creates the description of an output.
pub(super) const fn output(
    name: &'static str,
    kind: Kind,
    may_be_missing: bool,
    description: &'static str,
) -> StepOutput {
    StepOutput { name, kind, may_be_missing, description }
}
