//! Converts members of a document to the values of a form, and the values of a form to members.

use serde_json::{Map, Value, json};

use super::fields::{Entry, How};
use crate::entry;
use crate::failure::Fault;
use crate::form::Values;
use crate::format;

/// Returns the values of the form for the members of a step or a document.
pub(super) fn values_of(entries: &[Entry], members: &Value) -> Values {
    let mut values = Values::default();
    for entry in entries {
        let value = entry.pointer.first().and_then(|pointer| members.pointer(pointer)).unwrap_or(&Value::Null);
        let text = shown(entry.how, value);
        if !text.is_empty() {
            values.add(entry.name, text);
        }
    }
    values
}

fn shown(how: How, value: &Value) -> String {
    let list =
        |value: &Value| value.as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(", ");
    match (how, value) {
        (_, Value::Null) => String::new(),
        (How::Span, Value::String(iso)) => entry::words(iso),
        (How::Flag, flag) => {
            if flag == true {
                "on".to_owned()
            } else {
                String::new()
            }
        }
        (How::List, value) => list(value),
        (How::AwaitedCoupon, Value::Object(coupon)) => {
            format!("step:{}", coupon.get("step").and_then(Value::as_str).unwrap_or_default())
        }
        (How::Discount, discount) => format::discount(discount).trim_end_matches(" off").to_owned(),
        (How::FailurePolicy, Value::Object(policy)) => list(policy.get("alert").unwrap_or(&Value::Null)),
        (_, Value::String(text)) => text.clone(),
        (_, value) => format::pretty(value),
    }
}

/// Returns the top-level members that a form sets, and the faults of values that cannot be converted. A member without a
/// value is null. A value that the person has not changed and members of nested objects that have no field stay as they are.
pub(super) fn read(entries: &[Entry], values: &Values, members: &Value) -> (Map<String, Value>, Vec<Fault>) {
    let (mut read, mut faults) = (Map::new(), Vec::new());
    for entry in entries {
        let pointer = entry.pointer.first().copied().unwrap_or_default();
        let old = members.pointer(pointer).unwrap_or(&Value::Null);
        let text = values.get(entry.name).replace("\r\n", "\n");
        let converted = if text == shown(entry.how, old).trim() { Ok(old.clone()) } else { convert(entry.how, &text) };
        let value = match converted {
            Ok(value) => value,
            Err(detail) => {
                faults.push(Fault { pointer: pointer.to_owned(), detail });
                continue;
            }
        };
        match pointer.trim_start_matches('/').split_once('/') {
            None => _ = read.insert(pointer.trim_start_matches('/').to_owned(), value),
            Some((outer, inner)) => {
                let old = || Some(&members[outer]).filter(|old| old.is_object()).cloned().unwrap_or_else(|| json!({}));
                let outer = read.entry(outer).or_insert_with(old);
                match value {
                    Value::Null => _ = outer.as_object_mut().and_then(|outer| outer.shift_remove(inner)),
                    value => outer[inner] = value,
                }
            }
        }
    }
    for value in read.values_mut() {
        if value.as_object().is_some_and(Map::is_empty) {
            *value = Value::Null;
        }
    }
    (read, faults)
}

fn convert(how: How, text: &str) -> Result<Value, String> {
    let parts = || text.split([',', '\n']).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>();
    if text.is_empty() {
        return Ok(Value::Null);
    }
    Ok(match how {
        How::Line | How::Area | How::Choice(_) | How::Event | How::Workflow => json!(text),
        How::Number => entry::number(text),
        How::Span => json!(entry::span(text)),
        How::Flag => json!(true),
        How::List => json!(parts()),
        How::AwaitedCoupon => match text.strip_prefix("step:") {
            Some(step) => json!({"step": step}),
            None => json!(text),
        },
        How::Json => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        How::FailurePolicy if text.contains('@') => json!({"alert": parts()}),
        How::FailurePolicy => json!(text),
        How::Discount => match (text.strip_suffix('%'), entry::money(text)) {
            (Some(percent), _) => json!({"type": "percentage", "percent_off": entry::number(percent.trim())}),
            (None, Some(money)) => {
                json!({"type": "fixed_amount", "amount_off": money.amount, "currency": money.currency.code()})
            }
            (None, None) => return Err("must be a percentage such as 20 %, or an amount such as 5.00 USD".to_owned()),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::workflows::editor::fields::{SETTINGS, of_step};
    use crate::pages::workflows::tree::{Part, parts};
    use couponflow_domain::automation::actions::StepKind;

    /// Members that the tree edits with buttons.
    const IN_THE_TREE: [&str; 8] = ["id", "type", "branches", "then", "else", "on_timeout", "steps", "filters"];

    fn of_all_steps() -> Value {
        serde_json::from_str(include_str!("../../../../../../events/samples/workflow-of-all-steps.json")).unwrap()
    }

    /// Members that a form sends unchanged, without those that have no value.
    fn unchanged(entries: &[Entry], members: &Value) -> Value {
        let (read, faults) = read(entries, &values_of(entries, members), members);
        assert_eq!(faults, []);
        Value::Object(read.into_iter().filter(|(_, value)| !value.is_null()).collect())
    }

    #[test]
    fn form_of_every_step_keeps_its_members() {
        let document = of_all_steps();
        let mut checked = 0;
        for part in parts(&document, false) {
            let Part::OpenStep(step) = part else { continue };
            let mut members = document.pointer(&step.pointer).unwrap().clone();
            members.as_object_mut().unwrap().retain(|name, _| !IN_THE_TREE.contains(&name.as_str()));
            let kind = StepKind::in_document(&step.kind).unwrap();
            assert_eq!(unchanged(of_step(kind), &members), members, "{}", step.id);
            checked += 1;
        }
        assert!(checked > 20, "{checked}");
    }

    #[test]
    fn form_of_the_settings_keeps_them() {
        let mut document = of_all_steps();
        document.as_object_mut().unwrap().retain(|name, _| !["trigger", "steps"].contains(&name.as_str()));
        assert_eq!(unchanged(SETTINGS, &document), document);
    }

    #[test]
    fn every_member_of_every_step_has_a_field() {
        for kind in StepKind::IN_DOCUMENTS {
            for schema in kind.schemas() {
                for member in schema["properties"].as_object().unwrap().keys() {
                    let has_field = of_step(*kind).iter().any(|entry| {
                        let rest =
                            entry.pointer[0].strip_prefix('/').and_then(|rest| rest.strip_prefix(member.as_str()));
                        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                    });
                    assert!(has_field || IN_THE_TREE.contains(&member.as_str()), "{kind:?} {member}");
                }
            }
        }
    }

    #[test]
    fn discount_is_a_percentage_or_an_amount() {
        let read = |text: &str| {
            let mut values = Values::default();
            values.add("discount", text);
            let (read, faults) = read(of_step(StepKind::GenerateCoupon), &values, &json!({}));
            (read["coupon"]["discount"].clone(), faults.len())
        };
        assert_eq!(read("20 %").0, json!({"type": "percentage", "percent_off": 20}));
        assert_eq!(read("5 usd").0, json!({"type": "fixed_amount", "amount_off": 500, "currency": "USD"}));
        assert_eq!(read("much"), (Value::Null, 1));
    }
}
