//! Warnings about templates that are valid but probably not what the author intended.

use super::expression::{Expression, Part, parts};
use super::{HTML, Kind, MissingFields, Scope, environment, missing_field};
use crate::automation::template::Format;

/// Returns warnings about a template that passed [`super::check`]. Each warning is a sentence
/// without its subject, because it is shown after a pointer.
pub fn advice(source: &str, scope: &Scope) -> Vec<String> {
    unencoded(source, scope).into_iter().chain(without_default(source, scope)).collect()
}

/// Warns about fields in the query of a URL if their values can contain `+`, `&` or a space.
fn unencoded(source: &str, scope: &Scope) -> Vec<String> {
    let mut url = String::new();
    let mut advice = Vec::new();
    for part in parts(source) {
        match part {
            Part::Text(text) => match text.rfind(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>')) {
                Some(end) => text.get(end..).unwrap_or_default().clone_into(&mut url),
                None => url.push_str(text),
            },
            Part::Tag => {}
            Part::Expression(expression) => {
                if is_in_query(&url) && !is_one_part(expression, scope) {
                    let Expression(inside) = expression;
                    advice.push(format!(
                        "has {{{{{inside}}}}} in the query of a URL, where a + or & in the value gets lost; write {{{{{inside}|urlencode}}}}"
                    ));
                }
                url.push('x');
            }
        }
    }
    advice
}

/// Whether text directly after `url` belongs to the value of a query parameter.
fn is_in_query(url: &str) -> bool {
    url.split_once('?').is_some_and(|(_, query)| query.contains('=') && !query.contains('#'))
}

fn is_one_part(expression: Expression<'_>, scope: &Scope) -> bool {
    let kind = expression.field().and_then(|field| scope.field(field)).map(|field| field.kind);
    let is_safe = match kind {
        Some(Kind::Code | Kind::Number | Kind::Instant) => true,
        Some(Kind::Text | Kind::Money) | None => false,
    };
    is_safe || expression.last_filter() == Some("urlencode")
}

/// Warns about fields that may be missing. If such a field is missing, the message is skipped.
fn without_default(source: &str, scope: &Scope) -> Vec<String> {
    let advise = |name: &String| {
        format!(
            "uses {{{{{name}}}}}, which may have no value, and the step is then skipped; to run it anyway, write {}",
            with_default(source, name, scope)
        )
    };
    fields_without_default(source, scope).iter().map(advise).collect()
}

/// First use of a field, rewritten with a default. Filters that format amounts and instants reject other texts, so the
/// default follows them.
fn with_default(source: &str, name: &str, scope: &Scope) -> String {
    // The member of an amount can't have a default, because the amount itself is missing.
    if let Some(amount) = scope.amount_of(name) {
        return format!("{{% if {amount} %}}{{{{{name}}}}}{{% endif %}}");
    }
    let first_use = parts(source).into_iter().find_map(|part| match part {
        Part::Expression(Expression(inside)) => {
            let is_first = inside.split('|').next().is_some_and(|operand| operand.trim() == name);
            is_first.then_some(Expression(inside))
        }
        Part::Text(_) | Part::Tag => None,
    });
    match first_use {
        Some(expression) if WRITERS.contains(&expression.last_filter().unwrap_or_default()) => {
            let Expression(inside) = expression;
            format!("{{{{{}|default('…')}}}}", inside.trim())
        }
        _ => format!("{{{{{name}|default('…')}}}}"),
    }
}

/// Filters that format amounts and instants.
const WRITERS: [&str; 4] = ["money", "date", "datetime", "time"];

/// Returns the fields of a template that may be missing. Omits a field if the template can be
/// rendered without it.
pub fn fields_without_default(source: &str, scope: &Scope) -> Vec<String> {
    let environment = environment(&Format::default(), MissingFields::Fail);
    let Ok(template) = environment.template_from_named_str(HTML, source) else { return Vec::new() };
    let mut used: Vec<String> = template.undeclared_variables(true).into_iter().collect();
    used.sort();
    let may_be_missing = |name: &String| scope.field(name).is_some_and(|field| field.may_be_missing);
    let is_needed = |name: &String| {
        let missing = scope.amount_of(name).unwrap_or(name);
        let rendered = template.render(scope.sample(|field| field.field == *missing));
        rendered.is_err_and(|error| missing_field(&error).is_some())
    };
    used.into_iter().filter(may_be_missing).filter(is_needed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::automation::workflow::Trigger;
    use crate::events::event::EventType;

    fn advised(source: &str) -> Vec<String> {
        let advice = advice(source, &Scope::of(Trigger::Event(EventType::CouponApplied)));
        advice.into_iter().map(|advice| advice.split("}}").next().unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn unencoded_value_in_a_url_query_is_warned_about() {
        for lossy in [
            "https://shop.example.com/?source={{order.id}}",
            "<a href=\"https://shop.example.com/cart?code={{coupon.code}}&amp;id={{order.id}}\">Cart</a>",
            "<a href='/cart?id={{order.id|upper}}'>Cart</a>",
            "https://shop.example.com/?name={{coupon.name}}",
            "https://shop.example.com/?total={{order.total|money}}",
        ] {
            assert_eq!(advised(lossy).len(), 1, "{lossy}");
        }
        for right in [
            "https://shop.example.com/?id={{order.id|urlencode}}",
            "https://shop.example.com/?code={{coupon.code}}&at={{event.occurred_at}}",
            "https://shop.example.com/{{order.id}}",
            "Is it yours? id = {{order.id}}",
            "<a href=\"https://shop.example.com/?a=b\">{{order.id}}</a>",
        ] {
            assert_eq!(advised(right), [""; 0], "{right}");
        }
    }

    #[test]
    fn advised_default_can_be_saved_without_warnings() {
        let scope = Scope::of(Trigger::Event(EventType::CouponApplied));
        for (source, remedy) in [
            ("Hi {{customer.first_name}}", "{{customer.first_name|default('…')}}"),
            ("Until {{coupon.expires_at|date('long')}}", "{{coupon.expires_at|date('long')|default('…')}}"),
            ("{{customer.first_name|upper}}", "{{customer.first_name|default('…')}}"),
        ] {
            let advice = advice(source, &scope).remove(0);
            assert!(advice.ends_with(remedy), "{advice}");
            assert_eq!(crate::automation::template::check(remedy, &scope), Ok(()), "{remedy}");
            assert_eq!(super::advice(remedy, &scope), [""; 0], "{remedy}");
        }
    }

    #[test]
    fn field_that_may_be_missing_without_default_is_warned_about() {
        assert_eq!(advised("Hi {{customer.first_name}}"), ["uses {{customer.first_name"]);
        assert_eq!(advised("{{coupon.expires_at|date}} {{coupon.code}}"), ["uses {{coupon.expires_at"]);
        for right in [
            "Hi {{customer.first_name|default('you')}}",
            "{% if customer.first_name %}Hi {{customer.first_name}}{% endif %}",
            "{{customer.first_name or 'you'}} {{coupon.code}} {{order.total|money}}",
        ] {
            assert_eq!(advised(right), [""; 0], "{right}");
        }
    }

    #[test]
    fn field_that_the_event_of_a_manual_workflow_may_lack_is_warned_about() {
        let scope = Scope::of(Trigger::Manual);
        let mut remedies = 0;
        for (source, remedy) in [
            ("Order {{order.id}}", "{{order.id|default('…')}}"),
            ("{{order.total|money}}", "{{order.total|money|default('…')}}"),
            ("{{order.total.amount}} cents", "{% if order.total %}{{order.total.amount}}{% endif %}"),
            ("{{threshold}}", "{{threshold|default('…')}}"),
        ] {
            let advice = advice(source, &scope).remove(0);
            assert!(advice.ends_with(remedy), "{advice}");
            assert_eq!(crate::automation::template::check(remedy, &scope), Ok(()), "{remedy}");
            assert_eq!(super::advice(remedy, &scope), [""; 0], "{remedy}");
            remedies += 1;
        }
        assert_eq!(remedies, 4);
        for source in ["{{order.id}}", "{{order.total.amount}}"] {
            assert_eq!(advised(source), [""; 0], "an event with an order always has {source}");
        }
        assert_eq!(super::advice("{{coupon.code}} {{event.type}}", &scope), [""; 0]);
    }
}
