//! The document that patterns are matched against: flat, and only of what patterns ask for.
//!
//! `coupon_name` holds a text, for its beginning and end. `coupon_name =` holds the marks of all that the field
//! equals or contains; it is left out where there is nothing. `order_value USD` holds a number in that unit.

use couponflow_domain::digest::key80;
use couponflow_domain::filter::{Facts, FieldValue, FilterField, Quantity};
use serde_json::{Map, Value, json};

/// The member that holds a field's text.
pub(crate) fn text_member(field: FilterField) -> String {
    field.name().to_owned()
}

/// The member that holds the marks of what a field equals.
pub(crate) fn mark_member(field: FilterField) -> String {
    format!("{} =", field.name())
}

/// The member that holds a quantity of this unit, and the number there.
pub(crate) fn number(field: FilterField, quantity: Quantity) -> (String, i64) {
    let (unit, number) = unit(quantity);
    (format!("{} {unit}", field.name()), number)
}

/// A digest that stands for a text: an automaton has a state for each byte, so long texts would cost it dearly. Two
/// texts of a million share one, which costs a needless question and no more.
pub(crate) fn mark(text: &str) -> String {
    key80(&[text])[..4].to_owned()
}

/// The mark of a quantity.
pub(crate) fn mark_of_quantity(quantity: Quantity) -> String {
    let (unit, number) = unit(quantity);
    mark(&format!("{number} {unit}"))
}

fn unit(quantity: Quantity) -> (&'static str, i64) {
    match quantity {
        Quantity::Count(count) => ("count", count),
        Quantity::Percent(percent) => ("percent", percent.basis_points().into()),
        Quantity::Money(money) => (money.currency.code(), money.amount),
    }
}

/// The document, as JSON.
pub(crate) fn document(facts: &Facts) -> Vec<u8> {
    let mut document = Map::new();
    for field in FilterField::ALL.iter().copied() {
        let marks: Vec<String> = match facts.get(field) {
            FieldValue::None => Vec::new(),
            FieldValue::Text(text) => {
                document.insert(text_member(field), json!(text));
                vec![mark(text)]
            }
            FieldValue::Quantity(quantity) => {
                let (member, number) = number(field, *quantity);
                document.insert(member, json!(number));
                vec![mark_of_quantity(*quantity)]
            }
            FieldValue::Set(set) => set.iter().map(|text| mark(text)).collect(),
        };
        if !marks.is_empty() {
            document.insert(mark_member(field), json!(marks));
        }
    }
    Value::Object(document).to_string().into_bytes()
}
