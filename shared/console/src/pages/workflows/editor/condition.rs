//! Form of a filter condition: operator and value.

use couponflow_domain::automation::filter::{FilterField, Kind as ValueKind, Operator, ValueShape};
use serde_json::{Value, json};

use crate::entry;
use crate::failure::Fault;
use crate::form::{Field, Kind, Values};
use crate::format;

/// Returns the condition at a pointer of the filters.
pub(super) fn at<'a>(owner: &'a Value, at: &str) -> Option<&'a Value> {
    owner.get("filters")?.pointer(at)
}

/// Returns the fields of the form.
pub(super) fn fields(field: FilterField) -> Vec<Field> {
    let operators =
        field.operators().iter().map(|operator| (operator.name().to_owned(), format::state(operator.name())));
    let operator = Field::new("operator", "Operator", "", Kind::Choices(operators.collect()), &[]);
    let hint = match field.kind() {
        ValueKind::Text => "One value per line. “is empty” and “is not empty” take no value.",
        ValueKind::Set => "One value per line. Values are compared without regard to case.",
        ValueKind::Word => "“is empty” and “is not empty” take no value.",
        ValueKind::Money => "An amount with its currency, such as 50.00 USD. “between” takes two lines.",
        ValueKind::PercentOrMoney => {
            "A percentage such as 20, or an amount such as 5.00 USD. “between” takes two lines."
        }
        ValueKind::Count => "A number. “between” takes two lines.",
    };
    let kind = match field.choices() {
        Some(choices) => Kind::Choices(choices.iter().map(|one| ((*one).to_owned(), format::state(one))).collect()),
        None => Kind::Area,
    };
    vec![operator, Field::new("value", "Value", hint, kind, &["/value"])]
}

/// Returns the values of the form for a condition.
pub(super) fn values_of(condition: &Value) -> Values {
    let mut values = Values::default();
    values.add("operator", condition["operator"].as_str().unwrap_or_default());
    let one = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Object(_) => format::amounts(value),
        other => other.to_string(),
    };
    let text = match &condition["value"] {
        Value::Array(list) => list.iter().map(one).collect::<Vec<_>>().join("\n"),
        value => one(value),
    };
    values.add("value", text);
    values
}

/// Reads the condition.
///
/// # Errors
/// Returns the fault of a value that is no amount.
pub(super) fn read(field: FilterField, values: &Values) -> Result<Value, Fault> {
    let name = values.get("operator");
    let operator = field.operators().iter().find(|operator| operator.name() == name);
    let mut condition = json!({"field": field.name(), "operator": name});
    let lines = values.get("value").lines().map(str::trim).filter(|line| !line.is_empty());
    let read = lines.map(|line| value(field.kind(), line)).collect::<Result<Vec<Value>, Fault>>()?;
    match operator.map(|operator: &Operator| operator.value_shape()) {
        Some(ValueShape::None) => {}
        Some(ValueShape::Range) => condition["value"] = json!(read),
        Some(ValueShape::OneOrMore) if field.kind() == ValueKind::Set || read.len() > 1 => {
            condition["value"] = json!(read);
        }
        Some(ValueShape::One | ValueShape::OneOrMore) | None => {
            condition["value"] = read.into_iter().next().unwrap_or(Value::Null);
        }
    }
    Ok(condition)
}

fn value(kind: ValueKind, line: &str) -> Result<Value, Fault> {
    let amount = || {
        let detail = format!("“{line}” must be an amount with its currency, such as 50.00 USD");
        entry::money(line).map(|money| json!(money)).ok_or(Fault { pointer: "/value".to_owned(), detail })
    };
    match kind {
        ValueKind::Text | ValueKind::Word | ValueKind::Set => Ok(json!(line)),
        ValueKind::Count => Ok(entry::number(line)),
        ValueKind::PercentOrMoney if entry::number(line).is_number() => Ok(entry::number(line)),
        kind if is_money(kind) => amount(),
        _ => Ok(json!(line)),
    }
}

/// Whether the values of a filter field are amounts.
fn is_money(kind: ValueKind) -> bool {
    matches!(kind, ValueKind::Money | ValueKind::PercentOrMoney)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(condition: &Value) -> Value {
        let name = condition["field"].as_str().unwrap();
        let field = FilterField::ALL.iter().copied().find(|field| field.name() == name).unwrap();
        read(field, &values_of(condition)).unwrap()
    }

    #[test]
    fn form_keeps_a_condition() {
        let amount = json!({"amount": 5000, "currency": "USD"});
        for condition in [
            json!({"field": "coupon_code", "operator": "starts_with", "value": "FLASH"}),
            json!({"field": "coupon_code", "operator": "is_any_of", "value": ["A1", "B 2"]}),
            json!({"field": "product_collection", "operator": "contains_any", "value": ["summer"]}),
            json!({"field": "order_value", "operator": ">=", "value": amount}),
            json!({"field": "order_value", "operator": "between", "value": [amount, amount]}),
            json!({"field": "coupon_value", "operator": "=", "value": 12.5}),
            json!({"field": "coupon_value", "operator": "=", "value": amount}),
            json!({"field": "redemption_count", "operator": "<", "value": 10}),
            json!({"field": "contact_tag", "operator": "is_empty"}),
        ] {
            assert_eq!(round_trip(&condition), condition);
        }
    }

    #[test]
    fn value_that_is_no_amount_is_a_fault() {
        let mut values = Values::default();
        values.add("operator", ">");
        values.add("value", "50");
        let fault = read(FilterField::OrderValue, &values).unwrap_err();
        assert!(fault.pointer == "/value" && fault.detail.contains("50.00 USD"), "{fault:?}");
    }
}
