//! Preparation of the claimed step of an execution. Changes nothing, so dry runs prepare steps, too.

use chrono::{DateTime, Utc};

use crate::automation::actions::{Effect, EndedStep, Preparation};
use crate::automation::execution::{Execution, Outcome, StepStatus};
use crate::automation::workflow::{Definition, Step};
use crate::contacts::contact::Contact;

/// Result of preparing a step.
#[derive(Debug, Clone, PartialEq)]
pub enum Prepared {
    /// Perform this effect.
    Effect(Box<Effect>),
    /// The step has no effect. Holds the outcome of the step.
    Settled(Outcome),
}

/// Prepares a step of an execution for the current state of its contact. For a step with an effect, decides and renders
/// the effect. For a step without an effect, determines the outcome.
pub fn prepare(
    execution: &Execution,
    workflow: &Definition,
    step: &Step,
    contact: Option<&Contact>,
    now: DateTime<Utc>,
) -> Prepared {
    let ended = execution.steps.iter().rev().find(|record| record.status != StepStatus::Running);
    let preparation = Preparation {
        now,
        started_at: execution.current().map_or(now, |record| record.started_at),
        event: execution.event(),
        contact,
        contact_id: execution.contact.as_ref(),
        has_correlation_keys: !execution.correlation_keys().is_empty(),
        execution_id: &execution.id,
        workflow_id: &execution.workflow_id,
        workflow_name: &workflow.name,
        settings: &workflow.settings,
        step_id: &step.id,
        outputs: execution.outputs(),
        ended: ended.map(|record| EndedStep { id: &record.id, detail: record.detail.as_deref() }),
    };
    match step.action.prepare(&preparation) {
        Ok(effect) => Prepared::Effect(Box::new(effect)),
        Err(outcome) => Prepared::Settled(outcome),
    }
}
