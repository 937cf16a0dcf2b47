//! Request schemas of filters. A filter is a condition on one field (field, operator and value), or
//! a tree of conditions.

use serde_json::{Value, json};
use strum::VariantArray as _;

use super::field::{FilterField, Kind};
use super::operator::{Operator, ValueShape};
use super::read::{MAX_CONDITIONS, MAX_VALUES, TEXT_LENGTH};
use crate::events::event::EventType;
use crate::kernel::json_schema::{choice, list, object, reference, text};
use crate::kernel::percentage::Percentage;

/// Schema of filters, in the components of the API document. A schema per trigger could list exactly the fields of the
/// trigger, but would make the document many times larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
#[strum(const_into_str)]
pub enum FilterSchema {
    /// Filters of events with an order.
    OrderFilter,
    /// Filters of events without an order.
    CouponFilter,
}

impl FilterSchema {
    /// Returns the event types that the schema applies to.
    pub fn events(self) -> Vec<EventType> {
        let has_order = match self {
            Self::OrderFilter => true,
            Self::CouponFilter => false,
        };
        EventType::ALL.iter().copied().filter(|kind| kind.has_order() == has_order).collect()
    }

    /// Returns the schema of the member `filters`: a filter of one of these schemas, or a list of such filters, which
    /// may be empty.
    pub fn member(schemas: &[Self]) -> Value {
        let one = schemas.iter().map(|schema| reference(schema.into_str()));
        let several = schemas.iter().map(|schema| list(0..=MAX_CONDITIONS, reference(schema.into_str())));
        json!({
            "description": "A filter, or a list of filters. A list matches if all of its filters match.",
            "anyOf": one.chain(several).collect::<Vec<_>>(),
        })
    }
}

/// Returns the request schemas of filters, by component name.
pub fn request_schemas() -> impl Iterator<Item = (&'static str, Value)> {
    FilterSchema::VARIANTS.iter().map(|schema| (schema.into_str(), filter_schema(*schema)))
}

/// Builds the schema of a filter. The schema does not describe a list that is
/// directly inside another list, because generators of API clients do not support lists that
/// contain themselves.
fn filter_schema(schema: FilterSchema) -> Value {
    let name = schema.into_str();
    let several = || list(1..=MAX_CONDITIONS, reference(name));
    let branch = |title: &str, word: &str, inside: Value| {
        object(&format!("{name}{title}"), "A combination of filters.", &[word], &[(word, inside)])
    };
    let mut forms = vec![
        branch("All", "all", several()),
        branch("Any", "any", several()),
        branch("Not", "not", json!({"anyOf": [reference(name), several()]})),
    ];
    forms.extend(tests(schema));
    let description = "A condition on one field, or a tree of conditions. A list of filters can contain a list, which \
                       matches if all its filters match, as with `all`. If the field has no value, only `is_empty` and \
                       the negative operators match (`is_not`, `is_none_of`, `does_not_contain`, `contains_none`, \
                       `!=`). If an amount and the filter value have different currencies, no comparison matches, not \
                       even `!=`. To also match amounts in other currencies, use `=` inside `not` instead of `!=`.";
    json!({"description": description, "anyOf": forms})
}

/// Conditions that share a schema.
#[derive(Clone, PartialEq)]
struct TestShape {
    /// Kind of the values, for the title of the schema.
    values: String,
    fields: Vec<&'static str>,
    /// Operators that take the same value.
    operators: Vec<&'static str>,
    /// Schema of the value. `None` if the operators take no value.
    value: Option<Value>,
}

/// Names the values of conditions, for the title of their schema. The conditions are on `field` or on fields of the same
/// kind, with operators of this value shape.
fn values_name(field: FilterField, shape: ValueShape) -> String {
    let values = match (field.kind(), field.choices()) {
        (_, Some(_)) => "Choice",
        (Kind::Text, None) if field.operators().contains(&Operator::IsAnyOf) => "Name",
        (Kind::Text, None) => "Text",
        (Kind::Word, None) => "Word",
        (Kind::Set, None) => "Set",
        (Kind::Money, None) => "Money",
        (Kind::PercentOrMoney, None) => "PercentOrMoney",
        (Kind::Count, None) => "Count",
    };
    match shape {
        ValueShape::None => "Presence".to_owned(),
        ValueShape::One | ValueShape::OneOrMore => values.to_owned(),
        ValueShape::Range => format!("{values}Range"),
    }
}

/// Groups the conditions on one field. Fields with the same operators and values are in one group.
fn shapes(schema: FilterSchema) -> Vec<TestShape> {
    let kinds = schema.events();
    let mut shapes: Vec<TestShape> = Vec::new();
    let fields = FilterField::ALL.iter().copied();
    for field in fields.filter(|field| kinds.iter().any(|kind| field.occurs_on(*kind))) {
        for shape in [ValueShape::None, ValueShape::OneOrMore, ValueShape::One, ValueShape::Range] {
            let of_shape = field.operators().iter().filter(|operator| operator.value_shape() == shape);
            let operators: Vec<_> = of_shape.map(|operator| operator.name()).collect();
            let value = value(field, shape);
            match shapes.iter_mut().find(|known| known.operators == operators && known.value == value) {
                _ if operators.is_empty() => {}
                Some(known) => known.fields.push(field.name()),
                None => {
                    let values = values_name(field, shape);
                    shapes.push(TestShape { values, fields: vec![field.name()], operators, value });
                }
            }
        }
    }
    shapes
}

/// Builds the schemas of conditions on one field. A group of conditions that all filters permit has one schema, whose
/// title does not name the filter.
fn tests(schema: FilterSchema) -> Vec<Value> {
    let of_all: Vec<Vec<TestShape>> = FilterSchema::VARIANTS.iter().map(|schema| shapes(*schema)).collect();
    let title = |shape: &TestShape| match of_all.iter().all(|shapes| shapes.contains(shape)) {
        true => format!("FilterOn{}", shape.values),
        false => format!("{}On{}", schema.into_str(), shape.values),
    };
    shapes(schema).into_iter().map(|shape| test(&title(&shape), shape)).collect()
}

/// Schema of the value that operators compare with `field`. `shape` says how many values the
/// operators take.
fn value(field: FilterField, shape: ValueShape) -> Option<Value> {
    let one = match (field.kind(), field.choices()) {
        (_, Some(choices)) => choice(choices),
        (Kind::Text | Kind::Word | Kind::Set, None) => text(TEXT_LENGTH, "Compared case-insensitively."),
        (Kind::Money, None) => reference("MoneyInput"),
        (Kind::PercentOrMoney, None) => {
            json!({"anyOf": [Percentage::schema(), reference("MoneyInput")]})
        }
        (Kind::Count, None) => json!({"type": "integer", "minimum": 0, "maximum": i64::MAX}),
    };
    match shape {
        ValueShape::None => None,
        ValueShape::One => Some(one),
        ValueShape::OneOrMore => Some(json!({"anyOf": [one.clone(), list(1..=MAX_VALUES, one)]})),
        ValueShape::Range => Some(list(2..=2, one)),
    }
}

fn test(title: &str, shape: TestShape) -> Value {
    let (tested, operator) = (choice(shape.fields), choice(shape.operators));
    match shape.value {
        Some(value) => {
            let members = [("field", tested), ("operator", operator), ("value", value)];
            object(title, "A condition on a field.", &["field", "operator", "value"], &members)
        }
        None => {
            let members = [("field", tested), ("operator", operator), ("value", json!({"type": "null"}))];
            object(title, "A condition on a field, without a value.", &["field", "operator"], &members)
        }
    }
}
