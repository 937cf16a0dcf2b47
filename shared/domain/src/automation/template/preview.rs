//! Previews of templates: renders templates for one event, outside of a workflow.

use serde::Serialize;
use serde_json::{Value, json};

use super::{Context, Format, MAX_BODY, MAX_SUBJECT, OutputKind, Scope, body_schema, check, render, subject_schema};
use crate::automation::workflow::Trigger;
use crate::contacts::contact::Contact;
use crate::events::event::{Detail, Event, EventType};
use crate::kernel::input::{Errors, Field, FieldError};
use crate::kernel::instants::ZoneName;
use crate::kernel::json_schema::{object, optional, reference};
use crate::kernel::locale::Locale;
use crate::kernel::personal::PersonalText;
use crate::purchases::customer::Customer;

/// Preview request: the templates, the event for which they are rendered, and the format.
#[derive(Debug, Clone)]
pub struct Preview {
    trigger: Trigger,
    subject: Option<String>,
    html: Option<String>,
    text: Option<String>,
    event: Option<Detail>,
    format: Format,
}

/// Rendered templates. A template that is not in the request is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rendered {
    /// Subject, without line breaks.
    pub subject: Option<PersonalText>,
    /// HTML body.
    pub html: Option<PersonalText>,
    /// Plain-text body.
    pub text: Option<PersonalText>,
}

impl Preview {
    /// Returns the request schema of a preview.
    pub fn schema() -> Value {
        let triggers: Vec<&str> = EventType::ALL.iter().map(|kind| kind.trigger()).chain(["manual"]).collect();
        object(
            "TemplatePreviewInput",
            "Templates, and the data to render them with.",
            &["trigger"],
            &[
                (
                    "trigger",
                    json!({"type": "string", "enum": triggers, "description": "Trigger whose merge fields the templates can use."}),
                ),
                ("subject", optional(subject_schema())),
                ("html", optional(body_schema("HTML body."))),
                ("text", optional(body_schema("Plain-text body."))),
                ("event", optional(reference("EventDetail"))),
                (
                    "locale",
                    optional(Locale::schema(
                        "Determines the format of amounts and dates, such as `de-DE`. Default: `en-US`.",
                    )),
                ),
                ("time_zone", optional(ZoneName::schema("Time zone of dates. Default: `UTC`."))),
            ],
        )
    }

    /// Reads and checks a preview request. The templates can use the merge fields of the trigger.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["trigger", "subject", "html", "text", "event", "locale", "time_zone"], errors)?;
        let trigger = field.get("trigger").parse(Trigger::parse, errors);
        let mut scope = Scope::of(trigger.unwrap_or(Trigger::Manual));
        scope.add_unsubscribe_url();
        let subject = field
            .get("subject")
            .optional(errors, |field, errors| checked(field, field.text(1..=MAX_SUBJECT, errors)?, &scope, errors));
        let body =
            |field: &Field<'_>, errors: &mut Errors| checked(field, field.lines(1..=MAX_BODY, errors)?, &scope, errors);
        let html = field.get("html").optional(errors, body);
        let text = field.get("text").optional(errors, body);
        let event = field.get("event").optional(errors, |field, errors| read_event(field, trigger, errors));
        let locale = field.get("locale").optional(errors, |field, errors| field.parse(Locale::parse, errors));
        let zone = field.get("time_zone").optional(errors, |field, errors| field.parse(ZoneName::parse, errors));
        let format = Format { locale: locale?.unwrap_or_default(), zone: zone?.unwrap_or_default() };
        Some(Self { trigger: trigger?, subject: subject?, html: html?, text: text?, event: event?, format })
    }

    /// Type of the event that the templates are rendered for. A manual trigger has no event type, so its templates are
    /// rendered for `CouponRedeemed`.
    pub fn event_type(&self) -> EventType {
        match self.trigger {
            Trigger::Event(kind) => kind,
            Trigger::Manual => EventType::CouponRedeemed,
        }
    }

    /// Event in the request. `None` if the request has none.
    pub fn event(&self) -> Option<Event> {
        let Detail { metadata, data } = self.event.clone()?;
        Some(Event { kind: self.event_type(), metadata, data })
    }

    /// Renders the templates for an event. Takes customer data that the event lacks from `contact`.
    ///
    /// # Errors
    /// Returns an error if a template cannot be rendered, with one entry for each such template.
    pub fn render(&self, event: &Event, contact: Option<&Contact>) -> Result<Rendered, Errors> {
        let named = event.data.customer.as_ref();
        let person = contact.map(|contact| contact.merge_customer(named)).or_else(|| named.cloned());
        let person = person.map(Customer::for_messages);
        let context = Context::new(&event.for_messages(), person.as_ref(), &Default::default(), &self.format);
        let mut errors = Errors::new();
        let mut rendered = |name: &str, source: &Option<String>, form| {
            let rendered =
                source.as_ref().map(|source| render(source, form, &context).map(PersonalText::from)).transpose();
            rendered.unwrap_or_else(|error| {
                errors.push(FieldError { pointer: format!("/{name}"), detail: error.to_string() });
                None
            })
        };
        let rendered = Rendered {
            subject: rendered("subject", &self.subject, OutputKind::Line),
            html: rendered("html", &self.html, OutputKind::Html),
            text: rendered("text", &self.text, OutputKind::Text),
        };
        if errors.is_empty() { Ok(rendered) } else { Err(errors) }
    }
}

fn checked(field: &Field<'_>, source: &str, scope: &Scope, errors: &mut Errors) -> Option<String> {
    match check(source, scope) {
        Ok(()) => Some(source.to_owned()),
        Err(fault) => field.reject(fault, errors),
    }
}

/// Reads the `detail` of an event. Checks that `data` has every member that all events of the trigger have.
fn read_event(field: &Field<'_>, trigger: Option<Trigger>, errors: &mut Errors) -> Option<Detail> {
    field.any_object(errors)?;
    let detail: Result<Detail, _> = serde_json::from_value(field.value().cloned().unwrap_or_default());
    let Ok(detail) = detail else {
        return field.reject("must be the detail of an event, as returned by GET /v1/events", errors);
    };
    let Some(Trigger::Event(kind)) = trigger else { return Some(detail) };
    let data: Value = json!(detail.data);
    match kind.properties().parts.iter().map(|part| part.into_str()).find(|part| data.get(part).is_none()) {
        None => Some(detail),
        Some(part) => field.get("data").get(part).reject(format_args!("is required for a {kind} event"), errors),
    }
}
