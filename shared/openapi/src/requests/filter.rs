//! Filters: by which fields, with which operators, against which values.

use couponflow_domain::event::EventType;
use couponflow_domain::filter::{FilterField, Kind};
use couponflow_domain::workflow::Trigger;
use serde_json::{Map, Value, json};

use super::{list, object, text};
use crate::schema;

/// The triggers that events of one sort set off, and the schema of their filters.
pub(super) fn sorts() -> [(&'static str, Vec<EventType>); 2] {
    let (with_order, without) = EventType::ALL.iter().partition(|kind| kind.has_order());
    [("OrderFilter", with_order), ("CouponFilter", without)]
}

pub(super) fn schemas() -> Map<String, Value> {
    sorts().into_iter().filter_map(|(name, kinds)| Some((name.to_owned(), tree(name, *kinds.first()?)))).collect()
}

/// A filter of events like this: a condition, or a tree of conditions.
fn tree(name: &str, kind: EventType) -> Value {
    let several = || list(1, 100, schema(name));
    let branch = |word: &str, inside: Value| object("A branch.", &[word], &[(word, inside)]);
    let mut forms = vec![several(), branch("all", several()), branch("any", several()), branch("not", schema(name))];
    let fitting = FilterField::ALL.iter().filter(|field| field.fits(Trigger::Event(kind)));
    forms.extend(fitting.map(|field| condition(*field)));
    json!({"description": "A condition, or a tree of them; a list means `all`.", "anyOf": forms})
}

fn condition(field: FilterField) -> Value {
    let one = |value: Value| json!({"anyOf": [value.clone(), list(1, 500, value)]});
    let texts = || one(text(1, 500, "Compared without regard to case."));
    let money = || schema("MoneyInput");
    let percentage = || json!({"type": "number", "exclusiveMinimum": 0, "maximum": 100, "multipleOf": 0.01});
    let count = || json!({"type": "integer", "minimum": 0, "maximum": i64::MAX});
    let comparing = ["=", "!=", ">", ">=", "<", "<="];
    let quantity = |value: Value| {
        vec![test(field, &comparing, Some(value.clone())), test(field, &["between"], Some(list(2, 2, value)))]
    };
    let mut tests = match field.kind() {
        Kind::Text => {
            let operators =
                ["is", "is_not", "is_any_of", "is_none_of", "contains", "does_not_contain", "starts_with", "ends_with"];
            vec![test(field, &operators, Some(texts()))]
        }
        Kind::Word(words) => vec![test(field, &["is", "is_not"], Some(one(json!({"enum": words}))))],
        Kind::Set => vec![test(field, &["contains_any", "contains_all", "contains_none"], Some(texts()))],
        Kind::Money => quantity(money()),
        Kind::PercentOrMoney => quantity(json!({"anyOf": [percentage(), money()]})),
        Kind::Count => quantity(count()),
    };
    tests.push(test(field, &["is_empty", "is_not_empty"], None));
    json!({"anyOf": tests})
}

fn test(field: FilterField, operators: &[&str], value: Option<Value>) -> Value {
    let mut required = vec!["field", "operator"];
    let mut members = vec![("field", json!({"const": field.name()})), ("operator", json!({"enum": operators}))];
    match value {
        Some(value) => {
            required.push("value");
            members.push(("value", value));
        }
        None => members.push(("value", json!({"type": "null"}))),
    }
    object("A test of one field.", &required, &members)
}
