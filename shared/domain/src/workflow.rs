//! Workflows: trigger, filters and steps, as data.
//!
//! A workflow is written as a tree: steps hold the steps of their branches. It is read into a list in which each step
//! knows where to go on, always further down, so every execution ends.

mod action;
mod output;
mod read_step;
mod remarks;
mod settings;
mod trigger;
mod unkeepable;
mod wait_condition;
mod window;

pub use action::{Action, Body, NewCoupon, Next, NotMet, Notification, Wait};
pub use output::outputs_of;
pub use read_step::EACH_ITS_OWN;
pub use settings::{OnFailure, OnUnknown, Settings};
pub use trigger::Trigger;
pub use wait_condition::{CouponOf, Observed, WaitCondition};
pub use window::Window;

use chrono::TimeDelta;
use serde_json::Value;

use crate::filter::Filter;
use crate::input::{self, Errors, Field};
use crate::webhook::UrlPolicy;

use remarks::Remarks;

const MAX_RECIPIENTS: usize = 20;

/// The longest duration that a step may say; a wait until an instant has no such limit.
pub const LONGEST_WAIT: TimeDelta = TimeDelta::days(366);

/// The id of the step that tells of a failure; no other step has it.
const ALERT: &str = "on_failure";

/// Every `type` of step.
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

/// A named action of a workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its name, unique in the workflow.
    pub id: String,
    /// What it does.
    pub action: Action,
    /// Where to go on, unless the action decides.
    pub next: Next,
    /// Where it stands in the document, as an RFC 6901 pointer.
    pub pointer: String,
}

impl Step {
    /// Where to go on when it was not done: what draws or asks goes on as it can. Nothing follows a wait that can't be kept,
    /// since all that follows is for later.
    pub fn otherwise(&self) -> Next {
        match self.action.holds_back() {
            true => Next::End,
            false => self.action.ways().last().copied().unwrap_or(self.next),
        }
    }
}

/// A workflow as its author wrote it, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The author's name for it.
    pub name: String,
    /// What sets it off.
    pub trigger: Trigger,
    /// Which of those events it wants.
    pub filter: Filter,
    /// How executions of it behave.
    pub settings: Settings,
    /// What it does. It begins with the first.
    pub steps: Vec<Step>,
}

/// A workflow that can be saved.
#[derive(Debug, Clone, PartialEq)]
pub struct Reviewed {
    /// The workflow.
    pub definition: Definition,
    /// What its author may not have meant.
    pub warnings: Errors,
}

impl Definition {
    /// Reads and checks a workflow document, which may post to public addresses.
    ///
    /// # Errors
    /// Every fault, with its pointer.
    pub fn read(document: &Value) -> Result<Self, Errors> {
        Self::review(document, UrlPolicy::Public).map(|reviewed| reviewed.definition)
    }

    /// Reads and checks a workflow document that is to be saved. What it posts to may lie so far.
    ///
    /// # Errors
    /// Every fault, and everything that can never work, with its pointer.
    pub fn review(document: &Value, reach: UrlPolicy) -> Result<Reviewed, Errors> {
        let mut remarks = Remarks::default();
        let read = Self::read_with(document, reach, &mut remarks);
        remarks.refuse_unfilled(document);
        match read {
            Ok(definition) if remarks.refusals.is_empty() => Ok(Reviewed { definition, warnings: remarks.warnings }),
            read => Err(read.err().unwrap_or_default().into_iter().chain(remarks.refusals).collect()),
        }
    }

    /// Reads a workflow document that was saved before, perhaps when less was refused.
    ///
    /// # Errors
    /// Every fault that keeps it from being run, with its pointer.
    pub fn read_saved(document: &Value) -> Result<Self, Errors> {
        Self::read_with(document, UrlPolicy::Anywhere, &mut Remarks::default())
    }

    fn read_with(document: &Value, reach: UrlPolicy, remarks: &mut Remarks) -> Result<Self, Errors> {
        input::read(document, |field, errors| {
            field.object(&[&["name", "trigger", "steps"], Settings::MEMBERS].concat(), errors)?;
            let name = field.get("name").text(1..=200, errors).map(str::to_owned);
            let settings = Settings::read(field, errors);
            let trigger = field.get("trigger");
            let (trigger, filter) = match trigger.object(&["type", "filters"], errors) {
                Some(()) => read_trigger(&trigger, errors),
                None => (None, None),
            };
            let steps = read_step::steps(&field.get("steps"), trigger, reach, remarks, errors);
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

    /// Whether its executions listen for what happens to their contact from the beginning, not only while they wait.
    pub fn listens_throughout(&self) -> bool {
        self.settings.stop_on_redemption || self.goals().next().is_some()
    }

    /// The place of the step that tells of a failure, where the workflow has one.
    pub fn alert(&self) -> Option<usize> {
        self.steps.iter().rposition(|step| matches!(step.action, Action::Alert { .. }))
    }

    /// Its goals, with their places.
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
