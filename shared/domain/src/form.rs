//! What a form for making workflows needs to know: triggers, what each can be filtered by, and what texts can say.

use serde::Serialize;

use crate::event::EventType;
use crate::filter::{FilterField, Kind, Operator, ValueShape};
use crate::template::{MergeField, Scope, StepOutput};
use crate::workflow::{STEP_TYPES, Trigger, outputs_of};

/// A trigger and all that a workflow with it can use.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct TriggerForm {
    /// The `type` of a workflow's trigger.
    pub r#type: &'static str,
    /// The events that set it off; null for one that only other workflows set off.
    pub event: Option<EventType>,
    /// When it fires, in a sentence.
    pub description: &'static str,
    /// What it can be filtered by.
    pub fields: Vec<FieldForm>,
    /// What texts of its steps can refer to, such as `coupon.code` for `{{coupon.code}}`.
    pub merge_fields: Vec<String>,
    /// The same with what each holds.
    pub merge_field_details: Vec<MergeField>,
}

/// A type of step and what it leaves for later steps.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct StepForm {
    /// The `type` of a step.
    pub r#type: &'static str,
    /// What later steps can refer to as `{{steps.<id>.<name>}}`.
    pub outputs: &'static [StepOutput],
}

/// Every type of step.
pub fn steps() -> Vec<StepForm> {
    STEP_TYPES.iter().map(|kind| StepForm { r#type: kind, outputs: outputs_of(kind) }).collect()
}

/// A field and what it can be compared with.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct FieldForm {
    /// The `field` of a filter.
    pub field: FilterField,
    /// What it is.
    pub description: &'static str,
    /// What kind of value it has.
    pub kind: Kind,
    /// The values that it can have, where these are few.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choices: Option<&'static [&'static str]>,
    /// The operators that fit it.
    pub operators: Vec<OperatorForm>,
}

/// An operator and what it takes.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct OperatorForm {
    /// The `operator` of a filter.
    pub operator: Operator,
    /// What its `value` is: of the field's kind, how many.
    pub value: ValueShape,
    /// Whether it holds where the field has no value: so does every negative operator, and no other but `is_empty`. An
    /// amount in another currency than the filter's matches no comparison, `!=` included.
    pub holds_without_value: bool,
}

/// Every trigger, those of events first.
pub fn triggers() -> Vec<TriggerForm> {
    EventType::ALL.iter().map(|event| Trigger::Event(*event)).chain([Trigger::Manual]).map(trigger).collect()
}

fn trigger(trigger: Trigger) -> TriggerForm {
    let (event, description) = match trigger {
        Trigger::Event(event) => (Some(event), event.description()),
        Trigger::Manual => (None, "Another workflow started it."),
    };
    TriggerForm {
        r#type: trigger.name(),
        event,
        description,
        fields: FilterField::of(trigger).map(field).collect(),
        merge_fields: Scope::of(trigger).fields().map(|field| field.field.clone()).collect(),
        merge_field_details: Scope::of(trigger).fields().cloned().collect(),
    }
}

fn field(field: FilterField) -> FieldForm {
    let operator = |operator: &Operator| OperatorForm {
        operator: *operator,
        value: operator.value_shape(),
        holds_without_value: operator.holds_without_value(),
    };
    FieldForm {
        field,
        description: field.description(),
        kind: field.kind(),
        choices: field.choices(),
        operators: field.operators().iter().map(operator).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::filter::Filter;
    use crate::template;

    /// A value that a form would send.
    fn value(field: &FieldForm, shape: ValueShape) -> Value {
        let one = match field.kind {
            Kind::Text | Kind::Set => json!("x"),
            Kind::Word => json!(field.choices.expect("a word has choices")[0]),
            Kind::Money => json!({"amount": 1, "currency": "USD"}),
            Kind::PercentOrMoney => json!(12.5),
            Kind::Count => json!(1),
        };
        match shape {
            ValueShape::None => Value::Null,
            ValueShape::One => one,
            ValueShape::OneOrMore => json!([one, one]),
            ValueShape::Range => json!([one, one]),
        }
    }

    #[test]
    fn whatever_a_form_offers_is_taken() {
        let forms = triggers();
        assert_eq!(forms.len(), 11);
        for form in forms {
            let trigger = form.event.map_or(Trigger::Manual, Trigger::Event);
            for field in &form.fields {
                for OperatorForm { operator, value: shape, .. } in &field.operators {
                    let filter = json!([{"field": field.field, "operator": operator, "value": value(field, *shape)}]);
                    assert!(Filter::from_json(&filter, trigger).is_ok(), "{} {filter}", form.r#type);
                }
            }
            for merge_field in &form.merge_fields {
                assert_eq!(template::check(&format!("{{{{{merge_field}}}}}"), &Scope::of(trigger)), Ok(()));
            }
            for detail in &form.merge_field_details {
                assert!(form.merge_fields.contains(&detail.field) && !detail.description.is_empty());
            }
            assert!(form.description.ends_with('.') && !form.description.starts_with(' '), "{}", form.description);
        }
    }
}
