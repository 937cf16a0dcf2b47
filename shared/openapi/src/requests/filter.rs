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

/// A filter of events like this: a test of one field, or a tree of such.
fn tree(name: &str, kind: EventType) -> Value {
    let fitting = || FilterField::ALL.iter().copied().filter(|field| field.fits(Trigger::Event(kind)));
    let named = |wanted: &dyn Fn(Kind) -> bool| -> Vec<&str> {
        fitting().filter(|field| wanted(field.kind())).map(FilterField::name).collect()
    };
    let several = || list(1, 100, schema(name));
    let branch = |word: &str, inside: Value| object("A branch.", &[word], &[(word, inside)]);
    let mut forms = vec![several(), branch("all", several()), branch("any", several()), branch("not", schema(name))];
    forms.push(test(named(&|_| true), &["is_empty", "is_not_empty"], None));
    forms.extend([
        test(named(&|kind| kind == Kind::Text), &TEXT, Some(one_or_more(folded_text()))),
        test(named(&|kind| kind == Kind::Set), &SET, Some(one_or_more(folded_text()))),
    ]);
    for field in fitting() {
        if let Kind::Word(words) = field.kind() {
            forms.push(test(vec![field.name()], &["is", "is_not"], Some(one_or_more(json!({"enum": words})))));
        }
    }
    let money = || schema("MoneyInput");
    let percentage = json!({"type": "number", "exclusiveMinimum": 0, "maximum": 100, "multipleOf": 0.01});
    let count = json!({"type": "integer", "minimum": 0, "maximum": i64::MAX});
    for (kind, value) in
        [(Kind::Money, money()), (Kind::PercentOrMoney, json!({"anyOf": [percentage, money()]})), (Kind::Count, count)]
    {
        let fields = named(&|of| of == kind);
        if !fields.is_empty() {
            forms.push(test(fields.clone(), &COMPARISON, Some(value.clone())));
            forms.push(test(fields, &["between"], Some(list(2, 2, value))));
        }
    }
    let forms: Vec<Value> = forms.into_iter().filter(|form| form["properties"]["field"]["enum"] != json!([])).collect();
    json!({"description": "A test of one field, or a tree of such; a list means `all`.", "anyOf": forms})
}

const TEXT: [&str; 8] =
    ["is", "is_not", "is_any_of", "is_none_of", "contains", "does_not_contain", "starts_with", "ends_with"];
const SET: [&str; 3] = ["contains_any", "contains_all", "contains_none"];
const COMPARISON: [&str; 6] = ["=", "!=", ">", ">=", "<", "<="];

fn folded_text() -> Value {
    text(1, 500, "Compared without regard to case.")
}

fn one_or_more(value: Value) -> Value {
    json!({"anyOf": [value.clone(), list(1, 500, value)]})
}

fn test(fields: Vec<&str>, operators: &[&str], value: Option<Value>) -> Value {
    let (tested, operator) = (json!({"enum": fields}), json!({"enum": operators}));
    match value {
        Some(value) => {
            let members = [("field", tested), ("operator", operator), ("value", value)];
            object("A test.", &["field", "operator", "value"], &members)
        }
        None => {
            let members = [("field", tested), ("operator", operator), ("value", json!({"type": "null"}))];
            object("A test that needs no value.", &["field", "operator"], &members)
        }
    }
}
