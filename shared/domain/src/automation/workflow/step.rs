//! Steps of a workflow.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::automation::actions::Action;
use crate::automation::template::{Kind, StepOutput};
use crate::events::event::CouponSnapshot;

/// Reserved id of the step that sends the alert about a failure.
pub(super) const ALERT: &str = "on_failure";

/// Where an execution continues after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// At the step with this position.
    Step(usize),
    /// Nowhere; the execution ends.
    End,
}

/// One step of a workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Name, unique in the workflow.
    pub id: String,
    pub action: Action,
    /// Where the execution continues, unless the action chooses a branch.
    pub next: Next,
    /// Where the execution continues if the action chooses a branch. Empty if the execution always continues at the next
    /// step.
    pub branches: Vec<Next>,
    /// Position in the document, as an RFC 6901 pointer.
    pub pointer: String,
}

impl Step {
    /// Returns where the execution continues if the action takes the branch with this index.
    pub fn branch(&self, index: usize) -> Next {
        self.branches.get(index).copied().unwrap_or(self.next)
    }

    /// Returns where the execution continues if the step was skipped or failed. This is the last
    /// branch if the step has branches, and otherwise the next step. After a wait, the execution
    /// ends instead, because the steps after the wait must not run early.
    pub fn fallback(&self) -> Next {
        match self.action.gates_later_steps() {
            true => Next::End,
            false => self.branches.last().copied().unwrap_or(self.next),
        }
    }

    /// Returns sample outputs of the step at `now`, for an event about this coupon, without
    /// performing the step. Each value has the kind of its output. A text consists of the step's id
    /// and the output's name.
    pub fn placeholders(&self, coupon: &CouponSnapshot, now: DateTime<Utc>) -> Map<String, Value> {
        let sample = self.action.sample_values(coupon, now);
        let value = |output: &StepOutput| match output.kind {
            Kind::Instant => json!(sample.instant),
            Kind::Number => json!(sample.number),
            Kind::Text | Kind::Code | Kind::Money => json!(format!("({}.{})", self.id, output.name)),
        };
        self.action.outputs().iter().map(|output| (output.name.to_owned(), value(output))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automation::workflow::Definition;

    #[test]
    fn placeholder_has_the_kind_of_its_output() {
        let sample = include_str!("../../../../../events/samples/workflow-of-all-steps.json");
        let definition = Definition::read(&serde_json::from_str(sample).unwrap()).unwrap();
        let event: Value =
            serde_json::from_str(include_str!("../../../../../events/samples/CouponApplied.json")).unwrap();
        let coupon: CouponSnapshot = serde_json::from_value(event["detail"]["data"]["coupon"].clone()).unwrap();
        let now: DateTime<Utc> = "2026-11-27T09:00:00Z".parse().unwrap();
        let mut outputs = 0;
        for step in &definition.steps {
            let placeholders = step.placeholders(&coupon, now);
            for output in step.action.outputs() {
                let value = &placeholders[output.name];
                let is_instant = value.as_str().is_some_and(|text| DateTime::parse_from_rfc3339(text).is_ok());
                let fits = match output.kind {
                    Kind::Instant => is_instant,
                    Kind::Number => value.is_i64(),
                    Kind::Text | Kind::Code | Kind::Money => value.is_string() && !is_instant,
                };
                assert!(fits, "{}.{}: {value}", step.id, output.name);
                outputs += 1;
            }
        }
        assert!(outputs > 10, "{outputs}");
        let bonus = definition.steps.iter().find(|step| step.id == "bonus").unwrap();
        assert_eq!(bonus.placeholders(&coupon, now)["expires_at"], "2026-11-28T09:00:00Z");
    }
    #[test]
    fn steps_that_listen_are_the_steps_that_wait_for_a_signal() {
        let sample = include_str!("../../../../../events/samples/workflow-of-all-steps.json");
        let definition = Definition::read(&serde_json::from_str(sample).unwrap()).unwrap();
        let mut listening = 0;
        for step in &definition.steps {
            let listens = step.action.kind().properties().listens;
            assert_eq!(step.action.awaited().is_some(), listens, "{}", step.id);
            listening += usize::from(listens);
        }
        assert!(listening >= 2, "the sample has a goal and a wait for an event, found {listening}");
    }
}
