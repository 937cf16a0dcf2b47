//! Admission: whether an execution may start. Real runs, steps that start a workflow, and dry runs share this decision.

use crate::automation::execution::{Execution, ExecutionStatus};
use crate::automation::plan::WorkflowEntry;
use crate::kernel::ids::ExecutionId;

/// Previous entries of a contact into a workflow. The default value stands for a contact who never
/// entered the workflow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entries {
    pub last: Option<LastEntry>,
    /// Number of entries in the clock hour in which the execution would start.
    pub in_this_hour: i64,
}

/// Latest execution with which a contact entered a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastEntry {
    pub execution_id: ExecutionId,
    /// Execution whose `for_each_contact` step started this execution.
    pub parent: Option<ExecutionId>,
    pub is_over: bool,
}

impl LastEntry {
    /// Captures the current state of an execution.
    pub fn of(execution: &Execution) -> Self {
        Self {
            execution_id: execution.id.clone(),
            parent: execution.parent.clone(),
            is_over: execution.status.is_over(),
        }
    }
}

/// Reason why an execution is not admitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    /// The workflow led to its own event, or the chain of workflows that led to the event is too long.
    #[error("{0}")]
    LoopGuard(String),
    /// The contact has entered before, and the workflow does not allow re-entry.
    #[error("the contact has entered this workflow before")]
    EnteredBefore,
    /// The contact's previous execution has not ended.
    #[error("the contact's execution {0} of this workflow is under way")]
    UnderWay(ExecutionId),
    /// The contact has reached the limit of entries for this hour.
    #[error("the contact has entered this workflow {0} times in this hour")]
    TooOften(i64),
}

impl WorkflowEntry {
    /// Decides whether the execution may start, given the previous entries of its contact.
    ///
    /// # Errors
    /// Returns [`NotAdmitted`] if the execution may not start.
    pub fn admit(&self, entries: &Entries) -> Result<(), NotAdmitted> {
        if self.execution.status == ExecutionStatus::Skipped {
            return Err(NotAdmitted::LoopGuard(self.execution.detail.clone().unwrap_or_default()));
        }
        let Some(admission) = &self.admission else { return Ok(()) };
        let is_of_same_run = |last: &&LastEntry| last.parent.is_some() && last.parent == self.execution.parent;
        // An execution can have several `for_each_contact` steps. They count as one entry of a
        // contact.
        if let Some(last) = entries.last.as_ref().filter(|last| !is_of_same_run(last)) {
            if !admission.re_entry {
                return Err(NotAdmitted::EnteredBefore);
            }
            if !last.is_over {
                return Err(NotAdmitted::UnderWay(last.execution_id.clone()));
            }
        }
        match admission.max_per_hour {
            Some(most) if entries.in_this_hour >= most => Err(NotAdmitted::TooOften(most)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use serde_json::{Value, json};

    use super::*;
    use crate::automation::plan::entry;
    use crate::automation::workflow::{Definition, PublishedWorkflow};
    use crate::events::event::{Envelope, Event, EventType, sample};
    use crate::kernel::counters::WorkflowVersion;
    use crate::kernel::ids::{ContactId, WorkflowId};

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    fn entering(settings: Value, chain: &[WorkflowId]) -> WorkflowEntry {
        let mut document = json!({"name": "w", "trigger": {"type": "coupon_expired"},
            "steps": [{"id": "tag", "type": "add_tag", "tag": "x"}]});
        document.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let definition = Definition::read_saved(&document).unwrap();
        let workflow =
            PublishedWorkflow { id: WorkflowId::new(now(), [1; 10]), version: WorkflowVersion::FIRST, definition };
        let event: Envelope = serde_json::from_str(sample(EventType::CouponExpired)).unwrap();
        let event = Event::from(event);
        entry(&event, Some(&ContactId::new(now(), [2; 10])), &workflow, chain, now())
    }

    fn last(is_over: bool, parent: Option<ExecutionId>) -> Option<LastEntry> {
        Some(LastEntry { execution_id: ExecutionId::new(now(), [3; 10]), parent, is_over })
    }

    #[test]
    fn contact_enters_again_only_with_re_entry_and_after_its_execution_has_ended() {
        let (once, again) = (entering(json!({}), &[]), entering(json!({"re_entry": true}), &[]));
        assert_eq!(once.admit(&Entries::default()), Ok(()));
        let entered = |is_over| Entries { last: last(is_over, None), in_this_hour: 1 };
        assert_eq!(once.admit(&entered(true)), Err(NotAdmitted::EnteredBefore));
        assert_eq!(again.admit(&entered(true)), Ok(()));
        assert!(matches!(again.admit(&entered(false)), Err(NotAdmitted::UnderWay(_))));
    }

    #[test]
    fn contact_enters_at_most_max_per_hour_times_in_an_hour() {
        let twice = entering(json!({"re_entry": true, "max_executions_per_contact_and_hour": 2}), &[]);
        let entered = |in_this_hour| Entries { last: last(true, None), in_this_hour };
        assert_eq!([0, 1].map(|before| twice.admit(&entered(before))), [Ok(()), Ok(())]);
        let refused = twice.admit(&entered(2)).unwrap_err();
        assert_eq!(refused.to_string(), "the contact has entered this workflow 2 times in this hour");
    }

    #[test]
    fn all_for_each_contact_steps_of_an_execution_count_as_one_entry() {
        let run = ExecutionId::new(now(), [9; 10]);
        let mut child = entering(json!({}), &[]);
        child.execution.parent = Some(run.clone());
        let entered = |parent| Entries { last: last(false, parent), in_this_hour: 0 };
        assert_eq!(child.admit(&entered(Some(run))), Ok(()));
        let other_run = Some(ExecutionId::new(now(), [8; 10]));
        assert_eq!(child.admit(&entered(other_run)), Err(NotAdmitted::EnteredBefore));
    }

    #[test]
    fn workflow_is_not_run_for_an_event_that_it_led_to() {
        let looping = entering(json!({"re_entry": true}), &[WorkflowId::new(now(), [1; 10])]);
        let refused = looping.admit(&Entries::default()).unwrap_err();
        assert_eq!(refused.to_string(), "loop guard: this workflow led to the event itself");
    }

    #[test]
    fn execution_without_a_contact_has_no_admission_rules() {
        let mut anonymous = entering(json!({}), &[]);
        anonymous.admission = None;
        assert_eq!(anonymous.admit(&Entries { last: last(false, None), in_this_hour: 1_000 }), Ok(()));
    }
}
