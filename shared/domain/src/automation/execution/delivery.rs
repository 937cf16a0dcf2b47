//! Delivery reports for messages of an execution.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::steps::{StepRecord, StepStatus};
use super::{Execution, ExecutionStatus};
use crate::automation::workflow::Definition;
use crate::delivery::mail_event::{MailEvent, MailEventKind};

impl Execution {
    /// Applies a delivery report to the step that sent the message. Notes the report in the output
    /// of the step. If the outcome of the step was unknown, the report determines the outcome.
    /// Returns `None` if the same kind of report was noted before, or if no step has the id in the
    /// report.
    #[must_use]
    pub fn apply_mail_event(&self, workflow: &Definition, event: &MailEvent, now: DateTime<Utc>) -> Option<Self> {
        let mut next = Self { revision: self.revision.next(), updated_at: now, ..self.clone() };
        let noted = note_name(event.kind);
        let is_current = self.current().is_some_and(|record| record.id == event.step_id);
        let record = next.steps.iter_mut().find(|record| record.id == event.step_id)?;
        if record.output.contains_key(noted) {
            return None;
        }
        record.output.insert(noted.to_owned(), json!(event.at));
        if record.status == StepStatus::Unknown {
            settle(record, event, now);
            // The step was waiting to send the message again. The report makes this unnecessary.
            if is_current && self.status == ExecutionStatus::Waiting {
                next.wake_at = None;
                next.lease = None;
                match record.status {
                    StepStatus::Failed => next.fail(workflow, event.detail.as_deref().unwrap_or(NOT_SENT), now),
                    StepStatus::Running
                    | StepStatus::Waiting
                    | StepStatus::Completed
                    | StepStatus::Skipped
                    | StepStatus::Unknown => next.continue_at(workflow.steps.get(self.position)?.next),
                }
            }
        }
        Some(next)
    }
}

/// Reason for a failed step if the mail service rejects the message without a reason.
const NOT_SENT: &str = "the mail service did not send the message";

/// Replaces an unknown outcome. The message was sent, unless the report says that the mail service
/// did not send the message.
fn settle(record: &mut StepRecord, event: &MailEvent, now: DateTime<Utc>) {
    match event.kind {
        MailEventKind::Rejected | MailEventKind::RenderingFailed => {
            record.end(StepStatus::Failed, event.detail.clone(), now);
        }
        MailEventKind::Delivered
        | MailEventKind::Delayed
        | MailEventKind::Bounced
        | MailEventKind::BouncedTemporarily
        | MailEventKind::Complained => {
            record.end(
                StepStatus::Completed,
                Some("the mail service reported that the message was sent".to_owned()),
                now,
            );
        }
    }
}

fn note_name(kind: MailEventKind) -> &'static str {
    match kind {
        MailEventKind::Delivered => "delivered_at",
        MailEventKind::Delayed => "delayed_at",
        MailEventKind::Bounced | MailEventKind::BouncedTemporarily => "bounced_at",
        MailEventKind::Complained => "complained_at",
        MailEventKind::Rejected => "rejected_at",
        MailEventKind::RenderingFailed => "rendering_failed_at",
    }
}
