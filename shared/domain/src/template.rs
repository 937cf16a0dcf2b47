//! Merge fields: `{{coupon.code}}`, `{{customer.first_name}}`, `{{steps.bonus.code}}`.
//!
//! The engine is minijinja, limited in work (fuel) and in output. Fields are checked against what the trigger and the
//! earlier steps can provide when the workflow is saved; a field without a value (an anonymous cart has no first name)
//! prints nothing.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::{Environment, ErrorKind, Template, UndefinedBehavior};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::coupon::CouponValue;
use crate::event::Event;
use crate::workflow::Trigger;

/// Instructions of the template engine that one text may cost.
const FUEL: u64 = 50_000;

/// What a template turns into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// HTML: values are escaped.
    Html,
    /// Plain text.
    Text,
    /// One line, such as a subject: line breaks and other control characters become spaces.
    Line,
}

/// Why a text is not a usable template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// It does not parse, or does too much.
    #[error("is not a valid template: {0}")]
    Invalid(String),
    /// It uses a field that will never have a value.
    #[error("uses {{{{{field}}}}}, which is not known here; known are {known}")]
    UnknownField {
        /// The field.
        field: String,
        /// Those that are known.
        known: String,
    },
}

impl From<minijinja::Error> for TemplateError {
    fn from(error: minijinja::Error) -> Self {
        Self::Invalid(error.to_string())
    }
}

/// The fields that a template can use.
#[derive(Debug, Clone)]
pub struct Scope {
    fields: BTreeSet<String>,
}

const COUPON: &[&str] = &["id", "code", "name", "type", "value", "limit", "times_redeemed", "remaining", "expires_at"];
const ORDER: &[&str] = &["id", "currency", "value", "discount", "total"];
const CUSTOMER: &[&str] = &["email", "id", "first_name", "last_name"];
const EVENT: &[&str] = &["id", "type", "occurred_at"];

/// The fields that are numbers; the others are texts.
const NUMBERS: &[&str] = &["coupon.limit", "coupon.times_redeemed", "coupon.remaining", "redemption.redemption_number"];

impl Scope {
    /// What a workflow with this trigger can use. One that others start can use everything, since it may be started
    /// for any event.
    pub fn of(trigger: Trigger) -> Self {
        let (order, application, redemption) = match trigger {
            Trigger::Manual => (true, true, true),
            Trigger::Event(event) => {
                let has = |part| event.parts().contains(&part);
                (has("order"), has("application"), has("redemption"))
            }
        };
        let mut scope = Self { fields: BTreeSet::new() };
        scope.add("coupon", COUPON);
        scope.add("event", EVENT);
        if order {
            scope.add("order", ORDER);
            scope.add("customer", CUSTOMER);
            scope.fields.insert("source".into());
        }
        if application {
            scope.add("application", &["id"]);
        }
        if redemption {
            scope.add("redemption", &["id", "redemption_number"]);
        }
        scope
    }

    fn add(&mut self, object: &str, members: &[&str]) {
        self.fields.extend(members.iter().map(|member| format!("{object}.{member}")));
    }

    /// The names of the fields, in order.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(String::as_str)
    }

    /// A value for every field.
    fn sample(&self) -> Value {
        let mut sample = Map::new();
        for field in &self.fields {
            let value = if NUMBERS.contains(&field.as_str()) { json!(7) } else { json!("sample") };
            put(&mut sample, field, value);
        }
        Value::Object(sample)
    }

    /// With the fields of a contact, where the trigger has none.
    #[must_use]
    pub fn with_contact(mut self) -> Self {
        self.add("customer", CUSTOMER);
        self
    }

    /// Adds what an earlier step puts out.
    pub fn add_step(&mut self, id: &str, outputs: &[&str]) {
        self.add(&format!("steps.{id}"), outputs);
    }
}

fn put(object: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            object.insert(path.to_owned(), value);
        }
        Some((member, rest)) => {
            let member = object.entry(member).or_insert_with(|| json!({}));
            if let Value::Object(member) = member {
                put(member, rest, value);
            }
        }
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_fuel(Some(FUEL));
    environment
}

/// Checks a template when it is saved.
///
/// # Errors
/// Where it does not parse, or uses a field, filter, test or function that there is not.
pub fn check(source: &str, scope: &Scope) -> Result<(), TemplateError> {
    let environment = environment();
    let template = environment.template_from_str(source)?;
    let used = template.undeclared_variables(true);
    match used.into_iter().filter(|field| !scope.fields.contains(field)).min() {
        None => check_names(&template, scope),
        Some(field) => {
            let known = scope.fields.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            Err(TemplateError::UnknownField { field, known })
        }
    }
}

/// Refuses filters, tests, functions and methods that there are not, which the engine finds only when it comes to them:
/// so renders with every field and with none, which takes both ways of a condition on a field. What else goes wrong is
/// the sample's fault.
fn check_names(template: &Template<'_, '_>, scope: &Scope) -> Result<(), TemplateError> {
    for fields in [scope.sample(), json!({})] {
        if let Err(error) = template.render(minijinja::value::Serde(fields))
            && names_nothing(&error)
        {
            return Err(error.into());
        }
    }
    Ok(())
}

fn names_nothing(error: &minijinja::Error) -> bool {
    use ErrorKind::{SyntaxError, UnknownFilter, UnknownFunction, UnknownMethod, UnknownTest};
    matches!(error.kind(), SyntaxError | UnknownFilter | UnknownFunction | UnknownMethod | UnknownTest)
}

/// Renders a template.
///
/// # Errors
/// Where it does too much, or a filter in it can't take its value.
pub fn render(source: &str, form: Form, context: &Context) -> Result<String, TemplateError> {
    let environment = environment();
    let name = if form == Form::Html { "body.html" } else { "body.txt" };
    let text = environment.template_from_named_str(name, source)?.render(minijinja::value::Serde(context))?;
    Ok(match form {
        Form::Line => text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect(),
        Form::Html | Form::Text => text,
    })
}

/// Format.
pub struct Format {
    /// Locale.
    pub locale: Option<String>,
    /// Zone.
    pub zone: Option<crate::coupon::ZoneName>,
}

/// The values of the fields.
#[derive(Debug, Clone, Serialize)]
pub struct Context {
    #[serde(flatten)]
    fields: BTreeMap<&'static str, Value>,
}

impl Context {
    /// The fields of an event and of the steps done so far, by step id.
    pub fn new(
        event: &Event,
        _: Option<&crate::customer::Customer>,
        steps: &BTreeMap<String, Map<String, Value>>,
        _: &Format,
    ) -> Self {
        let data = &event.data;
        let coupon = &data.coupon;
        let value = match coupon.value {
            CouponValue::Percent(percent) => percent.to_string(),
            CouponValue::Amount(money) => money.to_string(),
        };
        let mut fields = BTreeMap::from([
            (
                "event",
                json!({"id": event.metadata.event_id, "type": event.kind.detail_type(), "occurred_at": event.metadata.occurred_at}),
            ),
            (
                "coupon",
                present(json!({
                    "id": coupon.id, "code": coupon.code, "name": coupon.name, "type": coupon.r#type, "value": value,
                    "limit": coupon.limit, "times_redeemed": coupon.times_redeemed, "remaining": coupon.remaining,
                    "expires_at": coupon.expires_at,
                })),
            ),
            ("customer", present(json!(data.customer))),
            ("steps", json!(steps)),
        ]);
        if let Some(order) = &data.order {
            let money = json!({"id": order.id, "currency": order.currency, "value": order.value.to_string(),
                "discount": order.discount.to_string(), "total": order.total.to_string()});
            fields.insert("order", money);
        }
        if let Some(source) = &data.source {
            fields.insert("source", json!(source));
        }
        if let Some(application) = &data.application {
            fields.insert("application", json!({"id": application.id}));
        }
        if let Some(redemption) = &data.redemption {
            fields
                .insert("redemption", json!({"id": redemption.id, "redemption_number": redemption.redemption_number}));
        }
        Self { fields }
    }
}

/// The members that have a value: what is left out prints nothing, where null would print `none`.
fn present(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(map.into_iter().filter(|(_, value)| !value.is_null()).collect()),
        _ => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventType;

    fn context(fields: Value) -> Context {
        let name = |name: String| -> &'static str { Box::leak(name.into_boxed_str()) };
        let Value::Object(map) = fields else { panic!("an object") };
        Context { fields: map.into_iter().map(|(key, value)| (name(key), value)).collect() }
    }

    #[test]
    fn a_value_is_escaped_in_html_and_not_in_a_subject() {
        let context = context(json!({"customer": {"first_name": "<b>&Co"}}));
        let source = "Hi {{customer.first_name}}";
        assert_eq!(render(source, Form::Html, &context).unwrap(), "Hi &lt;b&gt;&amp;Co");
        assert_eq!(render(source, Form::Line, &context).unwrap(), "Hi <b>&Co");
    }

    #[test]
    fn a_line_break_in_a_value_cannot_start_another_header() {
        let context = context(json!({"customer": {"first_name": "Ana\r\nBcc: x@example.com"}}));
        assert_eq!(render("Hi {{customer.first_name}}", Form::Line, &context).unwrap(), "Hi Ana  Bcc: x@example.com");
    }

    #[test]
    fn a_field_without_a_value_prints_nothing() {
        assert_eq!(render("Hi {{customer.first_name}}!", Form::Text, &context(json!({}))).unwrap(), "Hi !");
    }

    #[test]
    fn a_template_that_runs_away_is_stopped() {
        let source = "{% for a in range(9000) %}{% for b in range(9000) %}x{% endfor %}{% endfor %}";
        assert!(render(source, Form::Text, &context(json!({}))).is_err());
    }

    #[test]
    fn unknown_fields_and_bad_syntax_are_refused_on_save() {
        let redeemed = Scope::of(Trigger::Event(EventType::CouponRedeemed));
        let expired = Scope::of(Trigger::Event(EventType::CouponExpired));
        assert_eq!(check("{{order.total}} {{redemption.redemption_number}}", &redeemed), Ok(()));
        assert!(
            matches!(check("{{order.total}}", &expired), Err(TemplateError::UnknownField { field, .. }) if field == "order.total")
        );
        assert!(matches!(check("{{coupon.cod}}", &redeemed), Err(TemplateError::UnknownField { .. })));
        assert!(matches!(check("{{coupon", &redeemed), Err(TemplateError::Invalid(_))));
    }

    #[test]
    fn unknown_filters_tests_functions_and_methods_are_refused_on_save() {
        let mut scope = Scope::of(Trigger::Event(EventType::CouponRedeemed));
        scope.add_step("swap", &["code"]);
        for bad in [
            "{{coupon.code|uper}}",
            "{{steps.swap.code|uper}}",
            "{% if coupon.limit %}{{coupon.limit|uper}}{% else %}none{% endif %}",
            "{% if coupon.limit %}limited{% else %}{{coupon.code|uper}}{% endif %}",
            "{% if coupon.limit is evn %}x{% endif %}",
            "{% for i in rnge(3) %}{{i}}{% endfor %}",
            "{{customer.first_name.upper()}}",
        ] {
            assert!(check(bad, &scope).is_err(), "{bad}");
        }
        for good in [
            "{{coupon.code|upper}} {{coupon.limit|default('any')}} {% for part in coupon.name|list %}{{part}}{% endfor %}",
            "{{coupon.value|int}} {{order.total|round}} {{customer.id|float + 1}}",
            "{% if coupon.remaining is even %}{{coupon.remaining - 1}}{% endif %}",
        ] {
            assert_eq!(check(good, &scope), Ok(()), "{good}");
        }
    }
}
