//! The internal step that reports a failed execution.

use chrono::{DateTime, Utc};

use super::awaited::Awaited;
use super::mail::Mail;
use super::preparation::Preparation;
use super::step_action::{KindProperties, Reference, RetrySchedule, SampleValues, StepAction};
use crate::automation::execution::Outcome;
use crate::automation::template::StepOutput;
use crate::events::event::CouponSnapshot;
use crate::purchases::customer::Email;

/// Sends an e-mail about the failure of the execution. Comes from the workflow's `on_failure`, not from a step of the
/// document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    pub to: Vec<Email>,
}

impl StepAction for Alert {
    const PROPERTIES: KindProperties =
        KindProperties { is_repeatable: false, listens: false, retries: RetrySchedule::Backoff, outputs: &[] };

    type Effect = Mail;

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

    fn prepare(&self, preparation: &Preparation<'_>) -> Result<Mail, Outcome> {
        let ended = preparation.ended.as_ref();
        let (step, why) = ended.map_or(("", ""), |ended| (ended.id, ended.detail.unwrap_or_default()));
        let (name, id) = (preparation.workflow_name, preparation.execution_id);
        let subject = format!("Workflow {name} failed").replace(char::is_control, " ").into();
        let text = format!(
            "The workflow {name} failed at step {step}: {why}\n\nExecution: {id}\nEvent: {}\n\n\
             To retry from this step: POST /v1/executions/{id}/retry",
            preparation.event.id()
        );
        Ok(Mail { to: self.to.clone(), subject, html: None, text: Some(text.into()), to_contact: false })
    }
}
