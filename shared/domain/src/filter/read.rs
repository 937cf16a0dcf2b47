//! Reads filters, and refuses those that could never do what their author meant.

use super::Filter;
use super::condition::{Comparison, Condition, Quantity, SetTest, Test, TextTest};
use super::field::{FilterField, Kind};
use crate::input::{Errors, Field};
use crate::money::read_money;
use crate::percentage::{InvalidPercentage, Percentage};
use crate::text::fold;
use crate::workflow::Trigger;

const MAX_DEPTH: usize = 8;
const MAX_CONDITIONS: usize = 100;
const MAX_VALUES: usize = 500;

pub(super) fn filter(
    field: &Field<'_>,
    trigger: Trigger,
    has_contact: bool,
    depth: usize,
    errors: &mut Errors,
) -> Option<Filter> {
    if depth > MAX_DEPTH {
        return field.refuse(format_args!("filters may be nested {MAX_DEPTH} deep"), errors);
    }
    let list = |field: &Field<'_>, least: usize, errors: &mut Errors| {
        field.list(least..=MAX_CONDITIONS, errors, |field, errors| {
            filter(field, trigger, has_contact, depth + 1, errors)
        })
    };
    match field.value() {
        // Only the whole filter may be empty: within a tree an empty list would match everything, or under `not` nothing.
        Some(serde_json::Value::Array(_)) => list(field, usize::from(depth > 0), errors).map(Filter::All),
        Some(serde_json::Value::Object(map)) if map.len() == 1 && map.contains_key("all") => {
            list(&field.get("all"), 1, errors).map(Filter::All)
        }
        Some(serde_json::Value::Object(map)) if map.len() == 1 && map.contains_key("any") => {
            list(&field.get("any"), 1, errors).map(Filter::Any)
        }
        Some(serde_json::Value::Object(map)) if map.len() == 1 && map.contains_key("not") => {
            filter(&field.get("not"), trigger, has_contact, depth + 1, errors)
                .map(|filter| Filter::Not(Box::new(filter)))
        }
        _ => condition(field, trigger, has_contact, errors).map(Filter::Is),
    }
}

fn condition(field: &Field<'_>, trigger: Trigger, has_contact: bool, errors: &mut Errors) -> Option<Condition> {
    field.object(&["field", "operator", "value"], errors)?;
    let tested = field.get("field").parse(|name| known_field(name, trigger, has_contact), errors);
    let operator = field.get("operator").parse(|word| Ok::<_, String>(word.to_owned()), errors);
    let (tested, operator) = (tested?, operator?);
    let (test, negated) = test(field, tested.kind(), &operator, errors)?;
    Some(Condition { field: tested, test, negated })
}

fn known_field(name: &str, trigger: Trigger, has_contact: bool) -> Result<FilterField, String> {
    let fits = |field: &FilterField| field.fits(trigger) || (has_contact && field.is_of_contact());
    let fitting: Vec<&str> = FilterField::ALL.iter().filter(|field| fits(field)).map(|field| field.name()).collect();
    match FilterField::ALL.iter().find(|field| field.name() == name) {
        Some(field) if fits(field) => Ok(*field),
        Some(_) => Err(format!("{} events never have a {name}; they have {}", trigger.name(), fitting.join(", "))),
        None => Err(format!("is not a field; fields are {}", fitting.join(", "))),
    }
}

fn test(field: &Field<'_>, kind: Kind, operator: &str, errors: &mut Errors) -> Option<(Test, bool)> {
    let value = field.get("value");
    let no_value = |errors: &mut Errors| match value.is_absent() {
        true => Some(Test::Empty),
        false => value.refuse("must be left out with this operator", errors),
    };
    match operator {
        "is_empty" => return Some((no_value(errors)?, false)),
        "is_not_empty" => return Some((no_value(errors)?, true)),
        _ => {}
    }
    let unfit = |operators: &str, errors: &mut Errors| {
        field.get("operator").refuse(format_args!("must be one of {operators}, is_empty, is_not_empty"), errors)
    };
    match kind {
        Kind::Text => {
            let (test, negated) = match operator {
                "is" | "is_any_of" => (TextTest::Is, false),
                "is_not" | "is_none_of" => (TextTest::Is, true),
                "contains" => (TextTest::Contains, false),
                "does_not_contain" => (TextTest::Contains, true),
                "starts_with" => (TextTest::StartsWith, false),
                "ends_with" => (TextTest::EndsWith, false),
                _ => {
                    let operators =
                        "is, is_not, is_any_of, is_none_of, contains, does_not_contain, starts_with, ends_with";
                    return unfit(operators, errors);
                }
            };
            Some((Test::Text(test, texts(&value, errors)?), negated))
        }
        Kind::Word(words) => {
            let negated = match operator {
                "is" => false,
                "is_not" => true,
                _ => return unfit("is, is_not", errors),
            };
            let texts = texts(&value, errors)?;
            if texts.iter().any(|text| !words.contains(&text.as_str())) {
                return value.refuse(format_args!("must be one of {}", words.join(", ")), errors);
            }
            Some((Test::Text(TextTest::Is, texts), negated))
        }
        Kind::Set => {
            let (test, negated) = match operator {
                "contains_any" => (SetTest::Any, false),
                "contains_all" => (SetTest::All, false),
                "contains_none" => (SetTest::Any, true),
                _ => return unfit("contains_any, contains_all, contains_none", errors),
            };
            Some((Test::Set(test, texts(&value, errors)?), negated))
        }
        Kind::Money | Kind::PercentOrMoney | Kind::Count => {
            let comparison = match operator {
                "=" => Comparison::Equal,
                "!=" => Comparison::NotEqual,
                ">" => Comparison::Greater,
                ">=" => Comparison::GreaterOrEqual,
                "<" => Comparison::Less,
                "<=" => Comparison::LessOrEqual,
                "between" => return Some((between(&value, kind, errors)?, false)),
                _ => return unfit("=, !=, >, >=, <, <=, between", errors),
            };
            Some((Test::Compare(comparison, quantity(&value, kind, errors)?), false))
        }
    }
}

/// One text or a list of them, folded.
fn texts(value: &Field<'_>, errors: &mut Errors) -> Option<Vec<String>> {
    match value.value() {
        Some(serde_json::Value::Array(_)) => {
            value.list(1..=MAX_VALUES, errors, |value, errors| value.text(1..=500, errors).map(fold))
        }
        _ => value.text(1..=500, errors).map(|text| vec![fold(text)]),
    }
}

fn quantity(value: &Field<'_>, kind: Kind, errors: &mut Errors) -> Option<Quantity> {
    match (kind, value.value()) {
        (Kind::Count, _) => value.integer(0..=i64::MAX, errors).map(Quantity::Count),
        (Kind::PercentOrMoney, Some(serde_json::Value::Number(number))) => match Percentage::from_number(number) {
            Ok(percent) => Some(Quantity::Percent(percent)),
            Err(InvalidPercentage) => value.refuse(InvalidPercentage, errors),
        },
        (_, Some(serde_json::Value::Object(_))) => read_money(value, errors).map(Quantity::Money),
        (Kind::PercentOrMoney, _) => {
            value.refuse("must be a percentage such as 12.5, or {\"amount\": 1000, \"currency\": \"USD\"}", errors)
        }
        _ => value.refuse("must be an amount with its currency: {\"amount\": 1000, \"currency\": \"USD\"}", errors),
    }
}

fn between(value: &Field<'_>, kind: Kind, errors: &mut Errors) -> Option<Test> {
    let bounds = value.list(2..=2, errors, |value, errors| quantity(value, kind, errors))?;
    match bounds[..] {
        [low, high] if low <= high => Some(Test::Between(low, high)),
        _ => value.refuse("must be the lower and the higher bound, of one kind and currency", errors),
    }
}
