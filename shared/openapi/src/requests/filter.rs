//! Request schemas of filters: fields, operators and values.

use couponflow_domain::automation::filter::{FilterField, Kind, ValueShape};
use couponflow_domain::events::event::EventType;
use serde_json::{Map, Value, json};

use super::json_schema::{list, object, text};
use couponflow_http::doc::reference::schema;

/// Returns the two filter schemas, each with the event types that it applies to. A schema per
/// trigger could list exactly the fields of the trigger, but would make the document many times
/// larger. A validation rule describes the fields instead.
pub(super) fn filter_schemas() -> [(&'static str, Vec<EventType>); 2] {
    let (with_order, without) = EventType::ALL.iter().partition(|kind| kind.has_order());
    [("OrderFilter", with_order), ("CouponFilter", without)]
}

pub(super) fn schemas() -> Map<String, Value> {
    filter_schemas().into_iter().map(|(name, kinds)| (name.to_owned(), filter_schema(name, &kinds))).collect()
}

/// Schema of a filter for events of the given types: a condition on one field, or a tree of conditions.
fn filter_schema(name: &str, kinds: &[EventType]) -> Value {
    let list_of_filters = || list(1, 100, schema(name));
    let branch = |word: &str, inside: Value| object("A combination of filters.", &[word], &[(word, inside)]);
    let mut forms = vec![
        list_of_filters(),
        branch("all", list_of_filters()),
        branch("any", list_of_filters()),
        branch("not", schema(name)),
    ];
    forms.extend(tests(kinds));
    let description = "A condition on one field, or a tree of conditions. A list of filters matches if all of them \
                       match. If the field has no value, only `is_empty` and the negative operators match (`is_not`, \
                       `is_none_of`, `does_not_contain`, `contains_none`, `!=`). If an amount and the filter value \
                       have different currencies, no comparison matches, not even `!=`. To match amounts in other \
                       currencies as well, wrap `=` in `not`.";
    json!({"description": description, "anyOf": forms})
}

/// Operators, and the schema of their value. `None` for operators without a value.
type TestShape = (Vec<&'static str>, Option<Value>);

/// Schemas of conditions on one field. Fields with the same operators and values share a schema.
fn tests(kinds: &[EventType]) -> Vec<Value> {
    let mut forms: Vec<(TestShape, Vec<&str>)> = Vec::new();
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

/// Schema of the value that the operators of one shape compare with the field. The shape is how
/// many values an operator takes.
fn value(field: FilterField, shape: ValueShape) -> Option<Value> {
    let one = match (field.kind(), field.choices()) {
        (_, Some(choices)) => json!({"enum": choices}),
        (Kind::Text | Kind::Word | Kind::Set, None) => text(1, 500, "Compared case-insensitively."),
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
            object("A condition on a field.", &["field", "operator", "value"], &members)
        }
        None => {
            let members = [("field", tested), ("operator", operator), ("value", json!({"type": "null"}))];
            object("A condition on a field, without a value.", &["field", "operator"], &members)
        }
    }
}
