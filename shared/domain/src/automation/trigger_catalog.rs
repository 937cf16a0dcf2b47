//! Trigger catalog: all triggers with their filter fields and merge fields, and all types of steps
//! with their outputs.

use serde::Serialize;

use crate::automation::actions::StepKind;
use crate::automation::filter::{FilterField, Kind, Operator, ValueShape};
use crate::automation::template::{MergeField, Scope, StepOutput};
use crate::automation::workflow::Trigger;
use crate::events::event::EventType;

/// Trigger, and the fields that a workflow with this trigger can use.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct TriggerForm {
    /// `type` of the workflow's trigger.
    pub r#type: &'static str,
    /// Type of the events that start the workflow; null if only other workflows start it.
    pub event: Option<EventType>,
    /// When the trigger fires, in a sentence.
    pub description: &'static str,
    /// Fields that the trigger can be filtered by.
    pub fields: Vec<FieldForm>,
    /// Names of the merge fields that texts of steps can use, such as `coupon.code` for `{{coupon.code}}`.
    pub merge_fields: Vec<String>,
    /// The merge fields with their kinds and descriptions.
    pub merge_field_details: Vec<MergeField>,
}

/// Type of step with its outputs.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct StepForm {
    /// `type` of the step.
    #[schemars(with = "String")]
    pub r#type: StepKind,
    /// Outputs that later steps can use as `{{steps.<id>.<name>}}`.
    pub outputs: &'static [StepOutput],
}

/// Returns every type of step.
pub fn steps() -> Vec<StepForm> {
    let form = |kind: &StepKind| StepForm { r#type: *kind, outputs: kind.properties().outputs };
    StepKind::IN_DOCUMENTS.iter().map(form).collect()
}

/// Filter field with its operators.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct FieldForm {
    /// Name of the field: the `field` of a filter condition.
    pub field: FilterField,
    /// What the field holds.
    pub description: &'static str,
    /// Kind of value.
    pub kind: Kind,
    /// Permitted values, if the field permits only certain values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choices: Option<&'static [&'static str]>,
    /// Operators that fit the field.
    pub operators: Vec<OperatorForm>,
}

/// Filter operator with the form of its value.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct OperatorForm {
    /// Name of the operator: the `operator` of a filter condition.
    pub operator: Operator,
    /// How many values the operator takes. Each value has the kind of the field.
    pub value: ValueShape,
    /// Whether a condition with this operator matches if the field has no value. True for negative
    /// operators and `is_empty`, false for the others. An amount in another currency than the
    /// filter value matches no comparison, not even `!=`.
    pub holds_without_value: bool,
}

/// Returns every trigger: first the triggers for events, then the manual trigger.
pub fn triggers() -> Vec<TriggerForm> {
    EventType::ALL.iter().map(|event| Trigger::Event(*event)).chain([Trigger::Manual]).map(trigger).collect()
}

fn trigger(trigger: Trigger) -> TriggerForm {
    let (event, description) = match trigger {
        Trigger::Event(event) => (Some(event), event.description()),
        Trigger::Manual => (None, "Another workflow starts the workflow."),
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
    use crate::automation::filter::Filter;
    use crate::automation::template;

    /// Value that a client would send for the field.
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
    fn everything_in_the_trigger_catalog_is_accepted() {
        let forms = triggers();
        assert_eq!(forms.len(), EventType::ALL.len() + 1);
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
