//! JSON made from templates: a JSON value whose texts are templates, and a text that is proven to stay JSON.

use minijinja::Environment;
use serde_json::{Map, Value as Json};

use super::expression::{Expression, Part, parts};
use super::filters::to_json;
use super::{Context, Kind, MAX_OUTPUT, Scope, TEXT, TemplateError, Unset, environment};

/// Whether a text is meant to be JSON: it begins as an object or a list.
pub fn looks_like_json(source: &str) -> bool {
    let source = source.trim_start();
    let is_template = ["{{", "{%", "{#"].iter().any(|open| source.starts_with(open));
    source.starts_with(['{', '[']) && !is_template
}

/// Whether a text is nothing but one `{{…}}`.
pub fn is_one_expression(source: &str) -> bool {
    matches!(parts(source)[..], [Part::Expression(_)])
}

/// Fills in a JSON value: its texts are templates, and the names of members are not. A text that is nothing but one
/// `{{…}}` becomes a value of the field's own type: a number stays a number, an amount becomes an object, and a field
/// without a value becomes `null`.
///
/// # Errors
/// Where a text can't be rendered, or all of it gets too long.
pub fn render_json(template: &Json, context: &Context) -> Result<Json, TemplateError> {
    let environment = environment(&context.format, Unset::IsRefused);
    Filling { environment: &environment, context, written: 0 }.filled(template)
}

struct Filling<'a> {
    environment: &'a Environment<'a>,
    context: &'a Context,
    written: usize,
}

impl Filling<'_> {
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
        // Many texts of a bearable length are too much together.
        self.written += text.as_str().map_or(0, str::len);
        match self.written {
            length if length > MAX_OUTPUT => Err(TemplateError::TooLong { length, most: MAX_OUTPUT }),
            _ => Ok(text),
        }
    }
}

/// What stands for a printed value in a proof: its shortest and another form. A text of it may hold nothing that ends a
/// JSON string.
fn stand_ins(expression: Expression<'_>, scope: &Scope) -> Option<[&'static str; 2]> {
    /// Valid within a string only.
    const IN_A_STRING: [&str; 2] = ["x", "xx"];
    /// Valid outside of strings only: within one, the second ends it.
    const A_VALUE: [&str; 2] = ["null", "\"\""];
    /// Valid in both.
    const A_NUMBER: [&str; 2] = ["7", "0"];
    match (expression.field(), expression.last_filter()) {
        (_, Some("tojson")) => Some(A_VALUE),
        (_, Some("urlencode" | "money" | "date" | "datetime" | "time")) => Some(IN_A_STRING),
        (Some(field), _) => match scope.field(field).map(|field| field.kind) {
            // Of a step that can't be read nothing is known; that step is at fault, not this text.
            Some(Kind::Number) | None => Some(A_NUMBER),
            Some(Kind::Code | Kind::Instant | Kind::Money) => Some(IN_A_STRING),
            Some(Kind::Text) => None,
        },
        (None, _) => None,
    }
}

/// Proves that a text is JSON whatever the values of its fields.
///
/// # Errors
/// What keeps it from being proven, and what to do.
pub fn prove_json(source: &str, scope: &Scope) -> Result<(), String> {
    const REMEDY: &str = "write the body as a JSON value instead of a text";
    let mut forms = [String::new(), String::new()];
    for part in parts(source) {
        let printed = match part {
            Part::Text(text) => [text, text],
            Part::Tag => return Err(format!("is JSON, which can't be checked with {{% or {{# in it; {REMEDY}")),
            Part::Expression(expression) => stand_ins(expression, scope).ok_or_else(|| {
                let Expression(inside) = expression;
                format!("is JSON, and {{{{{inside}}}}} can hold what breaks it; {REMEDY}, or use {{{{{inside}|tojson}}}} without quotes around it")
            })?,
        };
        forms.iter_mut().zip(printed).for_each(|(form, printed)| form.push_str(printed));
    }
    for form in forms {
        if let Err(error) = serde_json::from_str::<Json>(&form) {
            return Err(format!("begins as JSON and is none with its fields filled in: {error}; {REMEDY}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::event::{Detail, Event, EventType};
    use crate::template::Format;
    use crate::workflow::Trigger;

    const NAME: &str = "Ana \"Nana\" \\ O'Neil\n";

    fn context() -> Context {
        let sample = include_str!("../../../../events/samples/CouponRedeemed.json");
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
    fn no_value_breaks_a_json_value() {
        let template = json!({"first_name": "{{customer.first_name}}", "texts": ["Hi {{customer.first_name}}!", 5, null],
            "{{coupon.code}}": "{{coupon.code}}"});
        let rendered = render_json(&template, &context()).unwrap();
        let expected =
            json!({"first_name": NAME, "texts": [format!("Hi {NAME}!"), 5, null], "{{coupon.code}}": "MEMBER20"});
        assert_eq!(rendered, expected);
    }

    #[test]
    fn a_text_that_is_one_field_keeps_its_type() {
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
    fn a_text_among_others_needs_the_value() {
        let missing = render_json(&json!(["Dear {{customer.last_name}}"]), &context());
        assert_eq!(missing, Err(TemplateError::Missing("customer.last_name".to_owned())));
    }

    #[test]
    fn texts_that_get_too_long_together_are_stopped() {
        let long = |texts: usize| render_json(&json!(vec!["{{'x' * 400000}} "; texts]), &context());
        assert!(long(2).is_ok());
        assert!(matches!(long(3), Err(TemplateError::TooLong { .. })), "{:?}", long(3).map(|_| ()));
    }

    #[test]
    fn a_text_is_json_whatever_the_values_or_is_not_proven() {
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
    fn what_begins_as_json_is_meant_to_be_json() {
        assert!(looks_like_json(" {\"a\": 1}") && looks_like_json("[1]"));
        assert!(!looks_like_json("{{coupon.code}}") && !looks_like_json("{% if a %}{}{% endif %}"));
        assert!(!looks_like_json("Used: {\"a\": 1}"));
    }
}
