//! Workflows: trigger, filters and steps, as data.

use std::collections::HashSet;

use chrono::TimeDelta;
use serde_json::Value;

use crate::customer::Email;
use crate::event::EventType;
use crate::filter::Filter;
use crate::ids::{CouponId, WorkflowId};
use crate::input::{self, Errors, Field};
use crate::span::Span;
use crate::template::{self, Scope};

const MAX_STEPS: usize = 100;
const MAX_SUBJECT: usize = 500;
const MAX_BODY: usize = 100_000;
const MAX_RECIPIENTS: usize = 20;

/// The longest that a workflow may wait in one step.
pub const LONGEST_WAIT: TimeDelta = TimeDelta::days(366);

/// The shortest wait.
const SHORTEST_WAIT: TimeDelta = TimeDelta::seconds(1);

/// What sets a workflow off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// An event of this type.
    Event(EventType),
    /// Nothing but a *start workflow* step of another workflow.
    Manual,
}

impl Trigger {
    /// The name in a workflow.
    pub fn name(self) -> &'static str {
        match self {
            Self::Event(event) => event.trigger(),
            Self::Manual => "manual",
        }
    }

    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        if name == "manual" {
            return Ok(Self::Manual);
        }
        let names = || EventType::ALL.iter().map(|event| event.trigger()).collect::<Vec<_>>().join(", ");
        EventType::from_trigger(name).map(Self::Event).ok_or_else(|| format!("must be one of {}, manual", names()))
    }
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Adds a tag to the contact.
    AddTag {
        /// The tag.
        tag: String,
    },
    /// Takes a tag off the contact.
    RemoveTag {
        /// The tag.
        tag: String,
    },
    /// Sends an e-mail to the contact. All texts are templates.
    SendEmail {
        /// Subject line.
        subject: String,
        /// HTML body.
        html: Option<String>,
        /// Plain-text body.
        text: Option<String>,
    },
    /// Tells colleagues by e-mail. Subject and text are templates.
    NotifyByEmail {
        /// Recipients.
        to: Vec<Email>,
        /// Subject line.
        subject: String,
        /// Plain-text body.
        text: String,
    },
    /// Pauses a coupon.
    PauseCoupon {
        /// Which; the event's own where absent.
        coupon_id: Option<CouponId>,
    },
    /// Activates the backup coupon of the event's coupon.
    ReplaceWithBackupCoupon,
    /// Starts another workflow for the same event and contact.
    StartWorkflow {
        /// Which.
        workflow_id: WorkflowId,
    },
    /// Lets time pass.
    Wait {
        /// How much.
        duration: TimeDelta,
    },
}

impl Action {
    /// The step's `type`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::AddTag { .. } => "add_tag",
            Self::RemoveTag { .. } => "remove_tag",
            Self::SendEmail { .. } => "send_email",
            Self::NotifyByEmail { .. } => "notify",
            Self::PauseCoupon { .. } => "pause_coupon",
            Self::ReplaceWithBackupCoupon => "replace_with_backup_coupon",
            Self::StartWorkflow { .. } => "start_workflow",
            Self::Wait { .. } => "wait",
        }
    }

    /// What later steps can refer to as `{{steps.<id>.<output>}}`.
    pub fn outputs(&self) -> &'static [&'static str] {
        match self {
            Self::ReplaceWithBackupCoupon => &["coupon_id", "code"],
            Self::PauseCoupon { .. } => &["coupon_id"],
            Self::StartWorkflow { .. } => &["execution_id"],
            _ => &[],
        }
    }

    /// Whether doing it twice differs from doing it once, so that a try whose outcome is unknown must not be repeated.
    pub fn is_repeatable(&self) -> bool {
        !matches!(self, Self::SendEmail { .. } | Self::NotifyByEmail { .. })
    }

    fn read(field: &Field<'_>, scope: &Scope, errors: &mut Errors) -> Option<Self> {
        let kind = field.get("type").parse(|kind| Ok::<_, String>(kind.to_owned()), errors)?;
        let members =
            |members: &[&str], errors: &mut Errors| field.object(&[&["id", "type"], members].concat(), errors);
        let tag = |errors: &mut Errors| field.get("tag").text(1..=100, errors).map(str::to_owned);
        let check = |field: &Field<'_>, source: &str, errors: &mut Errors| match template::check(source, scope) {
            Ok(()) => Some(source.to_owned()),
            Err(fault) => field.refuse(fault, errors),
        };
        let subject = |errors: &mut Errors| {
            let field = field.get("subject");
            field.text(1..=MAX_SUBJECT, errors).and_then(|source| check(&field, source, errors))
        };
        let body = |name: &str, errors: &mut Errors| {
            let field = field.get(name);
            field.lines(1..=MAX_BODY, errors).and_then(|source| check(&field, source, errors))
        };
        match kind.as_str() {
            "add_tag" => members(&["tag"], errors).and(tag(errors)).map(|tag| Self::AddTag { tag }),
            "remove_tag" => members(&["tag"], errors).and(tag(errors)).map(|tag| Self::RemoveTag { tag }),
            "send_email" => {
                members(&["subject", "html", "text"], errors)?;
                let subject = subject(errors);
                let html = field.get("html").optional(errors, |_, errors| body("html", errors));
                let text = field.get("text").optional(errors, |_, errors| body("text", errors));
                let (subject, html, text) = (subject?, html?, text?);
                if html.is_none() && text.is_none() {
                    return field.get("html").refuse("is required, or else text", errors);
                }
                Some(Self::SendEmail { subject, html, text })
            }
            "notify" => {
                members(&["channel", "to", "subject", "text"], errors)?;
                let only_email = |channel: &str| if channel == "email" { Ok(()) } else { Err("must be \"email\"") };
                let channel = field.get("channel").parse(only_email, errors);
                let each = |field: &Field<'_>, errors: &mut Errors| field.parse(Email::parse, errors);
                let to = field.get("to").list(1..=MAX_RECIPIENTS, errors, each);
                let subject = subject(errors);
                let text = body("text", errors);
                channel?;
                Some(Self::NotifyByEmail { to: to?, subject: subject?, text: text? })
            }
            "pause_coupon" => {
                members(&["coupon_id"], errors)?;
                let coupon_id =
                    field.get("coupon_id").optional(errors, |field, errors| field.parse(CouponId::parse, errors));
                Some(Self::PauseCoupon { coupon_id: coupon_id? })
            }
            "replace_with_backup_coupon" => members(&[], errors).map(|()| Self::ReplaceWithBackupCoupon),
            "start_workflow" => {
                members(&["workflow_id"], errors)?;
                let workflow_id = field.get("workflow_id").parse(WorkflowId::parse, errors);
                Some(Self::StartWorkflow { workflow_id: workflow_id? })
            }
            "wait" => {
                members(&["for"], errors)?;
                let span = Span::read(&field.get("for"), SHORTEST_WAIT..=LONGEST_WAIT, errors)?;
                Some(Self::Wait { duration: span.delta() })
            }
            _ => {
                let known = "add_tag, remove_tag, send_email, notify, pause_coupon, replace_with_backup_coupon, \
                             start_workflow, wait";
                field.get("type").refuse(format_args!("must be one of {known}"), errors)
            }
        }
    }
}

/// A named action of a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its name, unique in the workflow.
    pub id: String,
    /// What it does.
    pub action: Action,
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
    /// Whether a contact may enter it more than once.
    pub re_entry: bool,
    /// What it does, in order.
    pub steps: Vec<Step>,
}

impl Definition {
    /// Reads and checks a workflow document.
    ///
    /// # Errors
    /// Every fault, with its pointer.
    pub fn read(document: &Value) -> Result<Self, Errors> {
        input::read(document, |field, errors| {
            field.object(&["name", "trigger", "re_entry", "steps"], errors)?;
            let name = field.get("name").text(1..=200, errors).map(str::to_owned);
            let re_entry = field.get("re_entry").optional(errors, Field::boolean);
            let trigger = field.get("trigger");
            let (trigger, filter) = match trigger.object(&["type", "filters"], errors) {
                Some(()) => read_trigger(&trigger, errors),
                None => (None, None),
            };
            let steps = read_steps(&field.get("steps"), trigger, errors);
            Some(Self {
                name: name?,
                trigger: trigger?,
                filter: filter?,
                re_entry: re_entry?.unwrap_or(false),
                steps: steps?,
            })
        })
    }
}

fn read_trigger(field: &Field<'_>, errors: &mut Errors) -> (Option<Trigger>, Option<Filter>) {
    let Some(trigger) = field.get("type").parse(Trigger::parse, errors) else { return (None, None) };
    let filters = field.get("filters");
    let filter = filters.optional(errors, |field, errors| Filter::read(field, trigger, errors));
    (Some(trigger), filter.map(|filter| filter.unwrap_or(Filter::All(Vec::new()))))
}

fn read_steps(field: &Field<'_>, trigger: Option<Trigger>, errors: &mut Errors) -> Option<Vec<Step>> {
    let mut scope = Scope::of(trigger.unwrap_or(Trigger::Manual));
    let mut seen = HashSet::new();
    field.list(1..=MAX_STEPS, errors, |field, errors| {
        field.object_of_any(errors)?;
        let id = field.get("id").parse(parse_step_id, errors);
        let action = Action::read(field, &scope, errors);
        let (id, action) = (id?, action?);
        if !seen.insert(id.clone()) {
            return field.get("id").refuse("must differ from the ids of the other steps", errors);
        }
        scope.add_step(&id, action.outputs());
        Some(Step { id, action })
    })
}

fn parse_step_id(text: &str) -> Result<String, &'static str> {
    let of_the_alphabet = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    let starts_well = text.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    if starts_well && text.len() <= 40 && text.bytes().all(of_the_alphabet) {
        Ok(text.to_owned())
    } else {
        Err("must be 1 to 40 lower-case letters, digits or underscores, the first a letter")
    }
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
            ["/steps/0/tag", "/steps/1/id", "/steps/1/type", "/steps/2/subject", "/steps/3/channel", "/steps/3/to/0"]
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
}
