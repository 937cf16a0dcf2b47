//! Workflows: trigger, filters and steps, as data.
//!
//! In its document, a workflow is a tree: steps contain the steps of their branches. It is read into a flat list in
//! which each step refers to the next one by its position. References always point further down the list, so every
//! execution ends.

mod action;
mod impossible_wait;
mod output;
mod read_step;
mod remarks;
mod settings;
mod trigger;
mod wait_condition;
mod window;

pub use action::{Action, Body, NewCoupon, Next, NotMet, Notification, Wait};
pub use output::outputs_of;
pub use read_step::PER_COUPON_TERMS;
pub use settings::{OnFailure, OnUnknown, Settings};
pub use trigger::Trigger;
pub use wait_condition::{CouponSelector, Observed, WaitCondition};
pub use window::Window;

use chrono::TimeDelta;
use serde_json::Value;

use crate::filter::Filter;
use crate::input::{self, Errors, Field};
use crate::webhook::UrlPolicy;

use remarks::ReviewFindings;

const MAX_RECIPIENTS: usize = 20;

/// Maximum duration in a step. A wait until an instant has no such limit.
pub const MAX_WAIT: TimeDelta = TimeDelta::days(366);

/// Reserved id of the step that alerts people to a failure.
const ALERT: &str = "on_failure";

/// Every `type` of step that a document can have.
pub const STEP_TYPES: &[&str] = &[
    "add_tag",
    "remove_tag",
    "add_to_list",
    "remove_from_list",
    "send_email",
    "notify",
    "webhook",
    "pause_coupon",
    "replace_with_backup_coupon",
    "generate_coupon",
    "extend_coupon",
    "raise_limit",
    "start_workflow",
    "stop_workflow",
    "wait",
    "wait_for_event",
    "branch",
    "random_split",
    "for_each_contact",
    "goal",
];

/// One step of a workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Name, unique in the workflow.
    pub id: String,
    pub action: Action,
    /// Where the execution continues, unless the action chooses a branch.
    pub next: Next,
    /// Position in the document, as an RFC 6901 pointer.
    pub pointer: String,
}

impl Step {
    /// Where the execution continues if the step was skipped or failed: at the last branch of a step that has branches,
    /// otherwise at the following step. After a wait that was skipped or failed, the execution ends, because the steps
    /// after it must not run early.
    pub fn fallback(&self) -> Next {
        match self.action.gates_later_steps() {
            true => Next::End,
            false => self.action.branches().last().copied().unwrap_or(self.next),
        }
    }
}

/// Checked workflow definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The author's name for the workflow.
    pub name: String,
    pub trigger: Trigger,
    /// Which of the trigger's events start the workflow.
    pub filter: Filter,
    pub settings: Settings,
    /// Every step; the first one runs first.
    pub steps: Vec<Step>,
}

/// Workflow that can be saved, with warnings.
#[derive(Debug, Clone, PartialEq)]
pub struct Reviewed {
    pub definition: Definition,
    /// Points that are valid but probably not what the author means.
    pub warnings: Errors,
}

impl Definition {
    /// Reads and checks a workflow document whose URLs must be public.
    ///
    /// # Errors
    /// Returns every fault, with its pointer.
    pub fn read(document: &Value) -> Result<Self, Errors> {
        Self::review(document, UrlPolicy::Public).map(|reviewed| reviewed.definition)
    }

    /// Reads and checks a workflow document before it is saved. `url_policy` limits the URLs that the workflow may post to.
    ///
    /// # Errors
    /// Returns every fault, and everything that can never work, with its pointer.
    pub fn review(document: &Value, url_policy: UrlPolicy) -> Result<Reviewed, Errors> {
        let mut remarks = ReviewFindings::default();
        let read = Self::read_with(document, url_policy, &mut remarks);
        remarks.reject_unrendered_fields(document);
        match read {
            Ok(definition) if remarks.faults.is_empty() => Ok(Reviewed { definition, warnings: remarks.warnings }),
            read => Err(read.err().unwrap_or_default().into_iter().chain(remarks.faults).collect()),
        }
    }

    /// Reads a stored workflow document, which may have been saved before some of the checks existed.
    ///
    /// # Errors
    /// Returns every fault that prevents running the workflow, with its pointer.
    pub fn read_saved(document: &Value) -> Result<Self, Errors> {
        Self::read_with(document, UrlPolicy::Anywhere, &mut ReviewFindings::default())
    }

    fn read_with(document: &Value, url_policy: UrlPolicy, remarks: &mut ReviewFindings) -> Result<Self, Errors> {
        input::read(document, |field, errors| {
            field.object(&[&["name", "trigger", "steps"], Settings::MEMBERS].concat(), errors)?;
            let name = field.get("name").text(1..=200, errors).map(str::to_owned);
            let settings = Settings::read(field, errors);
            let trigger = field.get("trigger");
            let (trigger, filter) = match trigger.object(&["type", "filters"], errors) {
                Some(()) => read_trigger(&trigger, errors),
                None => (None, None),
            };
            let steps = read_step::steps(&field.get("steps"), trigger, url_policy, remarks, errors);
            let (settings, mut steps) = (settings?, steps?);
            if let OnFailure::Alert(to) = &settings.on_failure {
                steps.push(Step {
                    id: ALERT.to_owned(),
                    action: Action::Alert { to: to.clone() },
                    next: Next::End,
                    pointer: "/on_failure".to_owned(),
                });
            }
            Some(Self { name: name?, trigger: trigger?, filter: filter?, settings, steps })
        })
    }

    /// Whether executions are notified about their contact's activity all the time, and not only while they wait.
    pub fn listens_throughout(&self) -> bool {
        self.settings.stop_on_redemption || self.goals().next().is_some()
    }

    /// Position of the step that alerts people to a failure, if the workflow has one.
    pub fn alert(&self) -> Option<usize> {
        self.steps.iter().rposition(|step| matches!(step.action, Action::Alert { .. }))
    }

    /// Goals of the workflow, with their positions.
    pub fn goals(&self) -> impl Iterator<Item = (usize, &WaitCondition)> {
        self.steps.iter().enumerate().filter_map(|(place, step)| match &step.action {
            Action::Goal { condition, .. } => Some((place, condition)),
            _ => None,
        })
    }
}

fn read_trigger(field: &Field<'_>, errors: &mut Errors) -> (Option<Trigger>, Option<Filter>) {
    let Some(trigger) = field.get("type").parse(Trigger::parse, errors) else { return (None, None) };
    let filters = field.get("filters");
    let filter = filters.optional(errors, |field, errors| Filter::read(field, trigger, errors));
    (Some(trigger), filter.map(|filter| filter.unwrap_or(Filter::All(Vec::new()))))
}

#[cfg(test)]
mod tests;
