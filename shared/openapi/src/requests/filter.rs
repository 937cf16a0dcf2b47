//! Filters: by which fields, with which operators, against which values.

use couponflow_domain::event::EventType;
use couponflow_domain::filter::{FilterField, Kind, ValueShape};
use serde_json::{Map, Value, json};

use super::{list, object, text};
use crate::schema;

/// The triggers that events of one sort set off, and the schema of their filters. A schema for each trigger would say
/// which fields each has, and multiply the document: a rule says it.
pub(super) fn sorts() -> [(&'static str, Vec<EventType>); 2] {
    let (with_order, without) = EventType::ALL.iter().partition(|kind| kind.has_order());
    [("OrderFilter", with_order), ("CouponFilter", without)]
}

pub(super) fn schemas() -> Map<String, Value> {
    sorts().into_iter().map(|(name, kinds)| (name.to_owned(), tree(name, &kinds))).collect()
}

/// A filter of events of these types: a test of one field, or a tree of such.
fn tree(name: &str, kinds: &[EventType]) -> Value {
    let several = || list(1, 100, schema(name));
    let branch = |word: &str, inside: Value| object("A branch.", &[word], &[(word, inside)]);
    let mut forms = vec![several(), branch("all", several()), branch("any", several()), branch("not", schema(name))];
    forms.extend(tests(kinds));
    let description = "A test of one field, or a tree of such; a list means `all`. Where the field has no value, every \
                       negative operator (`is_not`, `is_none_of`, `does_not_contain`, `contains_none`, `!=`) holds and no \
                       other does. An amount in another currency than the filter's matches no comparison, `!=` included; \
                       `not` around `=` wants those amounts, too.";
    json!({"description": description, "anyOf": forms})
}

/// Operators, and the schema of the value that they take.
type Form = (Vec<&'static str>, Option<Value>);

/// The tests that there are. Fields that take the same values with the same operators share one.
fn tests(kinds: &[EventType]) -> Vec<Value> {
    let mut forms: Vec<(Form, Vec<&str>)> = Vec::new();
    let fields = FilterField::ALL.iter().copied();
    for field in fields.filter(|field| kinds.iter().any(|kind| field.occurs_on(*kind))) {
        for shape in [ValueShape::None, ValueShape::OneOrMore, ValueShape::One, ValueShape::Range] {
            let of_shape = field.operators().iter().filter(|operator| operator.value_shape() == shape);
            let form = (of_shape.map(|operator| operator.name()).collect::<Vec<_>>(), value(field, shape));
            match forms.iter_mut().find(|(known, _)| *known == form) {
                _ if form.0.is_empty() => {}
                Some((_, fields)) => fields.push(field.name()),
                None => forms.push((form, vec![field.name()])),
            }
        }
    }
    forms.into_iter().map(|((operators, value), fields)| test(fields, &operators, value)).collect()
}

fn value(field: FilterField, shape: ValueShape) -> Option<Value> {
    let one = match (field.kind(), field.choices()) {
        (_, Some(choices)) => json!({"enum": choices}),
        (Kind::Text | Kind::Word | Kind::Set, None) => text(1, 500, "Compared without regard to case."),
        (Kind::Money, None) => schema("MoneyInput"),
        (Kind::PercentOrMoney, None) => {
            let percentage = json!({"type": "number", "exclusiveMinimum": 0, "maximum": 100, "multipleOf": 0.01});
            json!({"anyOf": [percentage, schema("MoneyInput")]})
        }
        (Kind::Count, None) => json!({"type": "integer", "minimum": 0, "maximum": i64::MAX}),
    };
    match shape {
        ValueShape::None => None,
        ValueShape::One => Some(one),
        ValueShape::OneOrMore => Some(json!({"anyOf": [one.clone(), list(1, 500, one)]})),
        ValueShape::Range => Some(list(2, 2, one)),
    }
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
