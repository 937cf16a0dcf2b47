//! Workflows: trigger, filters and steps, as data.
//!
//! A workflow is written as a tree: steps hold the steps of their branches. It is read into a list in which each step
//! knows where to go on, always further down, so every execution ends.

mod action;
mod happening;
mod read_step;
mod settings;
mod trigger;
mod unkeepable;
mod window;

pub use action::{Action, NewCoupon, Next, NotMet, Notification, Wait};
pub use happening::{Happening, Heard};
pub use read_step::EACH_ITS_OWN;
pub use settings::{OnFailure, OnUnknown, Settings};
pub use trigger::Trigger;
pub use window::Window;

use chrono::TimeDelta;
use serde_json::Value;

use crate::filter::Filter;
use crate::input::{self, Errors, Field};
use crate::webhook::Reach;

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

impl Definition {
    /// Reads and checks a workflow document.
    ///
    /// # Errors
    /// Every fault, with its pointer.
    pub fn read(document: &Value) -> Result<Self, Errors> {
        Self::read_reaching(document, Reach::Public)
    }

    /// The same, where what it posts to may lie so far.
    ///
    /// # Errors
    /// Every fault, with its pointer.
    pub fn read_reaching(document: &Value, reach: Reach) -> Result<Self, Errors> {
        input::read(document, |field, errors| {
            field.object(&[&["name", "trigger", "steps"], Settings::MEMBERS].concat(), errors)?;
            let name = field.get("name").text(1..=200, errors).map(str::to_owned);
            let settings = Settings::read(field, errors);
            let trigger = field.get("trigger");
            let (trigger, filter) = match trigger.object(&["type", "filters"], errors) {
                Some(()) => read_trigger(&trigger, errors),
                None => (None, None),
            };
            let steps = read_step::steps(&field.get("steps"), trigger, reach, errors);
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
    pub fn goals(&self) -> impl Iterator<Item = (usize, &Happening)> {
        self.steps.iter().enumerate().filter_map(|(place, step)| match &step.action {
            Action::Goal { happening, .. } => Some((place, happening)),
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
mod tests {
    use super::*;
    use serde_json::json;

    fn with_steps(steps: Value) -> Value {
        json!({"name": "Member welcome", "trigger": {"type": "coupon_redeemed"}, "steps": steps})
    }

    fn pointers(document: Value) -> Vec<String> {
        Definition::read(&document).unwrap_err().into_iter().map(|e| e.pointer).collect()
    }

    #[test]
    fn a_wait_has_a_fixed_length_of_up_to_a_year() {
        let wait = |text: &str| Definition::read(&with_steps(json!([{"id": "w", "type": "wait", "for": text}])));
        assert!(wait("P366D").is_ok());
        for bad in ["24h", "P1M", "PT0S", "P367D"] {
            assert_eq!(wait(bad).unwrap_err()[0].pointer, "/steps/0/for", "{bad}");
        }
        assert_eq!(wait("P367D").unwrap_err()[0].detail, "must be from PT1S to P366D");
    }

    #[test]
    fn every_faulty_step_is_named() {
        let steps = json!([
            {"id": "tag", "type": "add_tag"},
            {"id": "Tag!", "type": "dance"},
            {"id": "mail", "type": "send_email", "subject": "Hi {{customer.shoe_size}}"},
            {"id": "tell", "type": "notify", "channel": "pigeon", "to": ["nobody"], "subject": "s", "text": "t"},
        ]);
        assert_eq!(
            pointers(with_steps(steps)),
            ["/steps/0/tag", "/steps/1/id", "/steps/1/type", "/steps/2/subject", "/steps/3/channel"]
        );
    }

    #[test]
    fn a_step_can_use_the_outputs_of_earlier_steps_only() {
        let uses = json!({"id": "tell", "type": "notify", "channel": "email", "to": ["team@example.com"],
            "subject": "s", "text": "now {{steps.swap.code}}"});
        let swap = json!({"id": "swap", "type": "replace_with_backup_coupon"});
        assert!(Definition::read(&with_steps(json!([swap, uses]))).is_ok());
        assert_eq!(pointers(with_steps(json!([uses, swap]))), ["/steps/0/text"]);
    }

    #[test]
    fn a_body_has_lines_and_a_subject_and_a_tag_have_one() {
        let mail =
            |subject: &str, text: &str| json!({"id": "mail", "type": "send_email", "subject": subject, "text": text});
        assert!(Definition::read(&with_steps(json!([mail("Hi", "Hello,\r\n\n\tAna")]))).is_ok());
        let tag = json!({"id": "tag", "type": "add_tag", "tag": "a\nb"});
        assert_eq!(
            pointers(with_steps(json!([mail("Hi\n", "bell \u{7}"), tag]))),
            ["/steps/0/subject", "/steps/0/text", "/steps/1/tag"]
        );
    }

    #[test]
    fn two_steps_cannot_share_an_id() {
        let tag = json!({"id": "tag", "type": "add_tag", "tag": "x"});
        assert_eq!(pointers(with_steps(json!([tag, tag]))), ["/steps/1/id"]);
    }

    #[test]
    fn steps_within_steps_are_checked_and_named_where_they_stand() {
        let tag = |id: &str| json!({"id": id, "type": "add_tag", "tag": "x"});
        let steps = json!([
            {"id": "which", "type": "branch", "branches": [
                {"filters": [], "steps": [tag("a")]},
                {"steps": [tag("b")]},
                {"filters": [{"field": "coupon_code", "operator": "is", "value": "X"}], "steps": [{"id": "c", "type": "add_tag"}]}]},
            {"id": "split", "type": "random_split", "branches": [{"weight": 0}, {"weight": 1, "steps": [tag("a")]}]},
            {"id": "back", "type": "wait_for_event", "event": "coupon_expired", "timeout": "PT1H"},
            {"id": "late", "type": "branch", "branches": [], "else": [{"id": "g", "type": "goal", "event": "coupon_redeemed"}]}]);
        assert_eq!(
            pointers(with_steps(steps)),
            [
                "/steps/0/branches/1/filters",
                "/steps/0/branches/2/steps/0/tag",
                "/steps/1/branches/0/weight",
                "/steps/1/branches/1/steps/0/id",
                "/steps/2/event",
                "/steps/3/branches",
                "/steps/3/else/0/type",
            ]
        );
    }

    #[test]
    fn the_contact_of_an_audience_has_fields_that_the_trigger_has_not() {
        let mail = json!({"id": "mail", "type": "send_email", "subject": "Hi {{customer.first_name}}", "text": "t"});
        let expired = |steps: Value| json!({"name": "w", "trigger": {"type": "coupon_expired"}, "steps": steps});
        let each = json!({"id": "each", "type": "for_each_contact", "audience": {"type": "applied_not_redeemed"},
            "steps": [mail]});
        assert!(Definition::read(&expired(json!([each]))).is_ok());
        assert_eq!(pointers(expired(json!([mail]))), ["/steps/0/subject"]);
        let within =
            json!([{"id": "outer", "type": "for_each_contact", "audience": {"type": "redeemed"}, "steps": [each]}]);
        assert_eq!(pointers(expired(within)), ["/steps/0/steps/0/type"]);
    }

    #[test]
    fn a_generated_coupon_says_everything_but_what_each_has_for_itself() {
        let generate = |coupon: Value| {
            with_steps(json!([{"id": "bonus", "type": "generate_coupon", "expires_in": "PT24H", "coupon": coupon}]))
        };
        let percent = json!({"type": "percentage", "percent_off": 10});
        assert!(Definition::read(&generate(json!({"name": "Bonus", "discount": percent}))).is_ok());
        assert_eq!(
            pointers(generate(json!({"code": "BONUS", "discount": {"type": "percentage", "percent_off": 101}}))),
            ["/steps/0/coupon/code", "/steps/0/coupon/name", "/steps/0/coupon/discount/percent_off"]
        );
    }

    #[test]
    fn a_wait_has_one_measure() {
        let wait = |more: Value| {
            let mut step = json!({"id": "w", "type": "wait"});
            step.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            Definition::read(&with_steps(json!([step]))).map(|_| ()).map_err(|errors| errors[0].pointer.clone())
        };
        assert_eq!(wait(json!({"until": "{{coupon.expires_at}}", "before": "PT24H"})), Ok(()));
        assert_eq!(wait(json!({"until": "2026-12-24T09:00:00", "time_zone": "Europe/Berlin"})), Ok(()));
        assert_eq!(wait(json!({"window": {"from": "09:00", "to": "17:00"}})), Ok(()));
        assert_eq!(wait(json!({"until": "tomorrow"})), Err("/steps/0/until".into()));
        assert_eq!(wait(json!({"for": "PT1H", "until": "{{coupon.expires_at}}"})), Err("/steps/0".into()));
        assert_eq!(wait(json!({"for": "PT1H", "before": "PT1H"})), Err("/steps/0/before".into()));
        assert_eq!(wait(json!({})), Err("/steps/0/for".into()));
    }
}
