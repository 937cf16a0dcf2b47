//! JSON made from templates: JSON values whose texts are templates, and texts that are proven to render to JSON.

use minijinja::Environment;
use serde_json::{Map, Value as Json};

use super::expression::{Expression, Part, parts};
use super::filters::to_json;
use super::{Context, Kind, MAX_OUTPUT, MissingFields, Scope, TEXT, TemplateError, environment};

/// Whether the text of a template is meant to be JSON: it starts with `{` or `[`, and not with template syntax.
pub fn looks_like_json(source: &str) -> bool {
    let source = source.trim_start();
    let is_template = ["{{", "{%", "{#"].iter().any(|open| source.starts_with(open));
    source.starts_with(['{', '[']) && !is_template
}

/// Whether a template consists of exactly one `{{…}}`.
pub fn is_single_expression(source: &str) -> bool {
    matches!(parts(source)[..], [Part::Expression(_)])
}

/// Renders a JSON value whose texts are templates. Names of members are not templates. A text that consists of exactly
/// one `{{…}}` becomes a value of the field's own type: a number stays a number, an amount becomes an object, and a
/// field without a value becomes `null`.
///
/// # Errors
/// Returns [`TemplateError`] if a text can't be rendered, or if all texts together exceed the
/// output limit.
pub fn render_json(template: &Json, context: &Context) -> Result<Json, TemplateError> {
    let environment = environment(&context.format, MissingFields::Fail);
    JsonRenderer { environment: &environment, context, written: 0 }.filled(template)
}

struct JsonRenderer<'a> {
    environment: &'a Environment<'a>,
    context: &'a Context,
    written: usize,
}

impl JsonRenderer<'_> {
    fn filled(&mut self, template: &Json) -> Result<Json, TemplateError> {
        Ok(match template {
            Json::String(source) => self.text(source)?,
            Json::Array(elements) => {
                Json::Array(elements.iter().map(|element| self.filled(element)).collect::<Result<_, _>>()?)
            }
            Json::Object(members) => {
                let member = |(name, member): (&String, &Json)| Ok((name.clone(), self.filled(member)?));
                Json::Object(members.iter().map(member).collect::<Result<Map<_, _>, TemplateError>>()?)
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => template.clone(),
        })
    }

    fn text(&mut self, source: &str) -> Result<Json, TemplateError> {
        let values = self.context.values.clone();
        let text = match parts(source)[..] {
            [Part::Expression(Expression(only))] => to_json(&self.environment.compile_expression(only)?.eval(values)?)?,
            _ => Json::String(self.environment.template_from_named_str(TEXT, source)?.render(values)?),
        };
        // The limit applies to the sum of all texts.
        self.written += text.as_str().map_or(0, str::len);
        match self.written {
            length if length > MAX_OUTPUT => Err(TemplateError::TooLong { length, most: MAX_OUTPUT }),
            _ => Ok(text),
        }
    }
}

/// Returns two samples of what an expression can print, for the proof in [`prove_json`]. Returns
/// `None` if the printed value can contain characters that end a JSON string.
fn stand_ins(expression: Expression<'_>, scope: &Scope) -> Option<[&'static str; 2]> {
    /// Valid only within a string.
    const IN_A_STRING: [&str; 2] = ["x", "xx"];
    /// Valid only outside of a string: within a string, the quotes of the second sample would end
    /// the string.
    const A_VALUE: [&str; 2] = ["null", "\"\""];
    /// Valid within and outside of strings.
    const A_NUMBER: [&str; 2] = ["7", "0"];
    match (expression.field(), expression.last_filter()) {
        (_, Some("tojson")) => Some(A_VALUE),
        (_, Some("urlencode" | "money" | "date" | "datetime" | "time")) => Some(IN_A_STRING),
        (Some(field), _) => match scope.field(field).map(|field| field.kind) {
            // `None`: the field belongs to a step that can't be read. The fault is reported for
            // that step, not for this text.
            Some(Kind::Number) | None => Some(A_NUMBER),
            Some(Kind::Code | Kind::Instant | Kind::Money) => Some(IN_A_STRING),
            Some(Kind::Text) => None,
        },
        (None, _) => None,
    }
}

/// Proves that a template renders to valid JSON for all values of its fields.
///
/// # Errors
/// Returns the reason and a remedy if the proof fails.
pub fn prove_json(source: &str, scope: &Scope) -> Result<(), String> {
    const REMEDY: &str = "write the body as a JSON value instead of a text";
    let mut forms = [String::new(), String::new()];
    for part in parts(source) {
        let printed = match part {
            Part::Text(text) => [text, text],
            Part::Tag => return Err(format!("can't be checked to be valid JSON, because it has {{% or {{# in it; {REMEDY}")),
            Part::Expression(expression) => stand_ins(expression, scope).ok_or_else(|| {
                let Expression(inside) = expression;
                format!("may render to invalid JSON, because {{{{{inside}}}}} can hold any character; {REMEDY}, or use {{{{{inside}|tojson}}}} without quotes around it")
            })?,
        };
        forms.iter_mut().zip(printed).for_each(|(form, printed)| form.push_str(printed));
    }
    for form in forms {
        if let Err(error) = serde_json::from_str::<Json>(&form) {
            return Err(format!("starts as JSON but does not render to valid JSON: {error}; {REMEDY}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::automation::template::Format;
    use crate::automation::workflow::Trigger;
    use crate::events::event::{Detail, Event, EventType};

    const NAME: &str = "Ana \"Nana\" \\ O'Neil\n";

    fn context() -> Context {
        let sample = include_str!("../../../../../events/samples/CouponRedeemed.json");
        let mut sample: Json = serde_json::from_str(sample).unwrap();
        sample["detail"]["data"]["customer"] = json!({"email": "ana@example.com", "first_name": NAME});
        let Detail { metadata, data } = serde_json::from_value(sample["detail"].take()).unwrap();
        let event = Event { kind: EventType::CouponRedeemed, metadata, data };
        Context::new(&event, None, &BTreeMap::new(), &Format::default())
    }

    fn scope() -> Scope {
        Scope::of(Trigger::Event(EventType::CouponRedeemed))
    }

    #[test]
    fn no_field_value_can_break_a_json_value() {
        let template = json!({"first_name": "{{customer.first_name}}", "texts": ["Hi {{customer.first_name}}!", 5, null],
            "{{coupon.code}}": "{{coupon.code}}"});
        let rendered = render_json(&template, &context()).unwrap();
        let expected =
            json!({"first_name": NAME, "texts": [format!("Hi {NAME}!"), 5, null], "{{coupon.code}}": "MEMBER20"});
        assert_eq!(rendered, expected);
    }

    #[test]
    fn text_that_is_one_field_keeps_the_type_of_the_field() {
        let template = json!({"number": "{{redemption.redemption_number}}", "minor": "{{ order.total.amount }}",
            "amount": "{{order.total}}", "percent": "{{coupon.value}}", "text": "{{order.total|money}}",
            "none": "{{customer.last_name}}", "default": "{{customer.last_name|default('-')}}"});
        let rendered = render_json(&template, &context()).unwrap();
        assert!(rendered["number"].is_number(), "{rendered}");
        assert_eq!(rendered["minor"], 3920);
        assert_eq!(rendered["amount"], json!({"amount": 3920, "currency": "USD"}));
        assert_eq!(rendered["percent"], 20);
        assert_eq!((&rendered["text"], &rendered["none"]), (&json!("$39.20"), &Json::Null));
        assert_eq!(rendered["default"], "-");
    }

    #[test]
    fn field_within_a_longer_text_needs_a_value() {
        let missing = render_json(&json!(["Dear {{customer.last_name}}"]), &context());
        assert_eq!(missing, Err(TemplateError::Missing("customer.last_name".to_owned())));
    }

    #[test]
    fn texts_that_exceed_the_limit_together_are_rejected() {
        let long = |texts: usize| render_json(&json!(vec!["{{'x' * 400000}} "; texts]), &context());
        assert!(long(2).is_ok());
        assert!(matches!(long(3), Err(TemplateError::TooLong { .. })), "{:?}", long(3).map(|_| ()));
    }

    #[test]
    fn text_is_proven_only_if_every_value_keeps_it_valid_json() {
        for proven in [
            r#"{"code": "{{coupon.code}}", "left": {{redemption.redemption_number}}, "until": "{{coupon.expires_at}}"}"#,
            r#"{"name": {{customer.first_name|tojson}}, "total": "{{order.total|money(locale='de')}}"}"#,
            r#" [{{ customer.first_name|default("you")|tojson }}]"#,
            r#"{"link": "https://shop.example.com/?email={{customer.email|urlencode}}"}"#,
        ] {
            assert_eq!(prove_json(proven, &scope()), Ok(()), "{proven}");
        }
        for unproven in [
            r#"{"first_name": "{{customer.first_name}}"}"#,
            r#"{"first_name": "{{customer.first_name|tojson}}"}"#,
            r#"{"first_name": "{{customer.first_name|upper}}"}"#,
            r#"{"name": {{customer.first_name|tojson ~ customer.last_name}}}"#,
            r#"{"code": {{coupon.code}}}"#,
            r#"{{"{"}}"code": 1}"#,
            r#"{"a": 1{{redemption.redemption_number}}, "b": 0{{redemption.redemption_number}}}"#,
            r#"{"id": "{{order.id}}"}"#,
            r#"{"code": "{{coupon.code}}",}"#,
            r#"{{% if coupon.limit %}"limit": {{coupon.limit}}{% endif %}}"#,
            r#"{"a": "{% if source %}{{source}}{% endif %}"}"#,
        ] {
            assert!(prove_json(unproven, &scope()).is_err(), "{unproven}");
        }
    }

    #[test]
    fn text_that_starts_as_json_is_treated_as_json() {
        assert!(looks_like_json(" {\"a\": 1}") && looks_like_json("[1]"));
        assert!(!looks_like_json("{{coupon.code}}") && !looks_like_json("{% if a %}{}{% endif %}"));
        assert!(!looks_like_json("Used: {\"a\": 1}"));
    }
}
