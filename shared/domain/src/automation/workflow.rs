//! Workflows: trigger, filters and steps, as data.
//!
//! A workflow document is a tree: a step contains the steps of its branches. [`Definition::read`]
//! flattens the tree into a list. Each step refers to the next step by its position in the list. A
//! reference only points to a later position, so every execution ends.

pub mod edit;
mod published;
mod read_step;
mod review_findings;
mod schema;
mod settings;
mod step;
mod trigger;
mod wait_condition;
mod window;

pub use published::PublishedWorkflow;
pub use schema::{document_schema, request_schemas};
pub use settings::{OnFailure, OnUnknown, Settings};
pub use step::{Next, Step};
pub use trigger::Trigger;
pub use wait_condition::{CouponSelector, Observed, WaitCondition};
pub use window::Window;

pub(super) use review_findings::ReviewFindings;

use std::ops::RangeInclusive;

use serde_json::Value;

use crate::automation::actions::{Action, Alert, AwaitedAt};
use crate::automation::filter::Filter;
use crate::delivery::webhook::UrlPolicy;
use crate::kernel::input;
use crate::kernel::input::{Errors, Field};

use step::ALERT;

/// Permitted lengths of the name of a workflow, in characters.
const NAME_LENGTH: RangeInclusive<usize> = 1..=200;

/// Validated workflow definition.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The author's name for the workflow.
    pub name: String,
    pub trigger: Trigger,
    /// Condition that an event of the trigger must meet to start the workflow.
    pub filter: Filter,
    pub settings: Settings,
    /// Steps. An execution starts at the first step.
    pub steps: Vec<Step>,
}

/// Workflow definition that is valid for saving, with warnings.
#[derive(Debug, Clone, PartialEq)]
pub struct Reviewed {
    pub definition: Definition,
    /// Findings about parts that are valid but probably not what the author intended.
    pub warnings: Errors,
}

impl Definition {
    /// Reads and checks a workflow document whose URLs must be public.
    ///
    /// # Errors
    /// Returns every fault, with its pointer, if the document is invalid.
    pub fn read(document: &Value) -> Result<Self, Errors> {
        Self::review(document, UrlPolicy::Public).map(|reviewed| reviewed.definition)
    }

    /// Reads and checks a workflow document before it is saved. `url_policy` limits the URLs that the workflow can
    /// call.
    ///
    /// # Errors
    /// Returns every fault, with its pointer, if the document is invalid. A part that is
    /// well-formed but can never work is also a fault.
    pub fn review(document: &Value, url_policy: UrlPolicy) -> Result<Reviewed, Errors> {
        let mut findings = ReviewFindings::default();
        let read = Self::read_with(document, url_policy, &mut findings);
        findings.reject_unrendered_fields(document);
        findings.reject_addresses(document);
        match read {
            Ok(definition) if findings.faults.is_empty() => Ok(Reviewed { definition, warnings: findings.warnings }),
            read => Err(read.err().unwrap_or_default().into_iter().chain(findings.faults).collect()),
        }
    }

    /// Reads a stored workflow document. Skips the checks that apply only to saving, because the document may be older
    /// than these checks.
    ///
    /// # Errors
    /// Returns every fault, with its pointer, if a fault prevents the workflow from running.
    pub fn read_saved(document: &Value) -> Result<Self, Errors> {
        Self::read_with(document, UrlPolicy::Anywhere, &mut ReviewFindings::default())
    }

    fn read_with(document: &Value, url_policy: UrlPolicy, findings: &mut ReviewFindings) -> Result<Self, Errors> {
        input::read(document, |field, errors| {
            field.object(&[&["name", "trigger", "steps"], Settings::MEMBERS].concat(), errors)?;
            let name = field.get("name").text(NAME_LENGTH, errors).map(str::to_owned);
            let settings = Settings::read(field, errors);
            let trigger = field.get("trigger");
            let (trigger, filter) = match trigger.object(&["type", "filters"], errors) {
                Some(()) => read_trigger(&trigger, errors),
                None => (None, None),
            };
            let steps = read_step::steps(&field.get("steps"), trigger, url_policy, findings, errors);
            let (settings, mut steps) = (settings?, steps?);
            if let OnFailure::Alert(to) = &settings.on_failure {
                steps.push(Step {
                    id: ALERT.to_owned(),
                    action: Action::Alert(Alert { to: to.clone() }),
                    next: Next::End,
                    branches: Vec::new(),
                    pointer: "/on_failure".to_owned(),
                });
            }
            Some(Self { name: name?, trigger: trigger?, filter: filter?, settings, steps })
        })
    }

    /// Whether executions always receive signals (activity of their contact), and not only while a
    /// step waits for an event.
    pub fn listens_throughout(&self) -> bool {
        self.settings.stop_on_redemption || self.goals().next().is_some()
    }

    /// Returns the position of the step that sends an alert when an execution fails. Returns `None`
    /// if the workflow has no such step.
    pub fn alert(&self) -> Option<usize> {
        self.steps.iter().rposition(|step| matches!(step.action, Action::Alert(_)))
    }

    /// Returns the position and the condition of each goal step.
    pub fn goals(&self) -> impl Iterator<Item = (usize, &WaitCondition)> {
        self.steps.iter().enumerate().filter_map(|(place, step)| {
            let awaited = step.action.awaited()?;
            match awaited.at {
                AwaitedAt::EarlierSteps => Some((place, awaited.condition)),
                AwaitedAt::ThisStep => None,
            }
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
