//! What became of a message after it was sent.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::steps::{StepRecord, StepStatus};
use super::{Execution, ExecutionStatus};
use crate::mail_event::{MailEvent, MailEventKind};
use crate::workflow::Definition;

impl Execution {
    /// The execution with what became of the message of one of its steps: noted in the step's output, and where it was not
    /// known whether it was sent, that is settled now. None where that is known already.
    #[must_use]
    pub fn take_mail_event(&self, workflow: &Definition, event: &MailEvent, now: DateTime<Utc>) -> Option<Self> {
        let mut next = Self { revision: self.revision + 1, updated_at: now, ..self.clone() };
        let noted = note_name(event.kind);
        let is_current = self.current().is_some_and(|record| record.id == event.step_id);
        let record = next.steps.iter_mut().find(|record| record.id == event.step_id)?;
        if record.output.contains_key(noted) {
            return None;
        }
        record.output.insert(noted.to_owned(), json!(event.at));
        if record.status == StepStatus::Unknown {
            settle(record, event, now);
            // It waits before it sends again: there is no need to.
            if is_current && self.status == ExecutionStatus::Waiting {
                next.wake_at = None;
                next.lease = None;
                match record.status {
                    StepStatus::Failed => next.fail(workflow, event.detail.as_deref().unwrap_or(NOT_SENT), now),
                    StepStatus::Running
                    | StepStatus::Waiting
                    | StepStatus::Completed
                    | StepStatus::Skipped
                    | StepStatus::Unknown => next.go(workflow.steps.get(self.position)?.next),
                }
            }
        }
        Some(next)
    }
}

/// Why a step failed whose message was never sent, where the service gives no reason.
const NOT_SENT: &str = "the mail service did not send it";

/// A message of which anything is known was sent, unless the service says that it never was.
fn settle(record: &mut StepRecord, event: &MailEvent, now: DateTime<Utc>) {
    match event.kind {
        MailEventKind::Rejected | MailEventKind::RenderingFailed => {
            record.end(StepStatus::Failed, event.detail.clone(), now);
        }
        MailEventKind::Delivered
        | MailEventKind::Delayed
        | MailEventKind::Bounced
        | MailEventKind::BouncedForNow
        | MailEventKind::Complained => {
            record.end(StepStatus::Completed, Some("settled by the mail service's report".to_owned()), now);
        }
    }
}

fn note_name(kind: MailEventKind) -> &'static str {
    match kind {
        MailEventKind::Delivered => "delivered_at",
        MailEventKind::Delayed => "delayed_at",
        MailEventKind::Bounced | MailEventKind::BouncedForNow => "bounced_at",
        MailEventKind::Complained => "complained_at",
        MailEventKind::Rejected => "rejected_at",
        MailEventKind::RenderingFailed => "rendering_failed_at",
    }
}
