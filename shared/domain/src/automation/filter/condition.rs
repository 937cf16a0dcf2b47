//! Test of one field.

use std::cmp::Ordering;

use serde::Serialize;

use super::facts::{FieldValue, Quantity};
use super::field::FilterField;
use super::operator::{Operator, ValueShape};

/// Value that a field is compared with.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Wanted {
    /// No value; the operator needs none.
    Nothing,
    /// One or more texts, case-folded.
    Texts(Vec<String>),
    /// One quantity.
    Quantity(Quantity),
    /// Two quantities, the lower one first.
    Range(Quantity, Quantity),
}

impl Wanted {
    /// Texts to compare with; empty if the value has another type.
    pub(super) fn texts(&self) -> &[String] {
        match self {
            Self::Texts(texts) => texts,
            Self::Nothing | Self::Quantity(_) | Self::Range(..) => &[],
        }
    }
}

/// Test of one field.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    pub field: FilterField,
    pub operator: Operator,
    pub wanted: Wanted,
}

impl Condition {
    /// Whether the field's value passes the test.
    pub(super) fn holds(&self, value: &FieldValue) -> bool {
        if value.is_empty() {
            return self.operator.holds_without_value();
        }
        match self.operator {
            Operator::IsEmpty => false,
            Operator::IsNotEmpty => true,
            Operator::Is | Operator::IsAnyOf => self.any_text(value, |text, wanted| text == wanted),
            Operator::IsNot | Operator::IsNoneOf => !self.any_text(value, |text, wanted| text == wanted),
            Operator::Contains => self.any_text(value, |text, wanted| text.contains(wanted)),
            Operator::DoesNotContain => !self.any_text(value, |text, wanted| text.contains(wanted)),
            Operator::StartsWith => self.any_text(value, |text, wanted| text.starts_with(wanted)),
            Operator::EndsWith => self.any_text(value, |text, wanted| text.ends_with(wanted)),
            Operator::ContainsAny => self.wanted.texts().iter().any(|wanted| has(value, wanted)),
            Operator::ContainsAll => self.wanted.texts().iter().all(|wanted| has(value, wanted)),
            Operator::ContainsNone => !self.wanted.texts().iter().any(|wanted| has(value, wanted)),
            Operator::Equal => self.order(value).is_some_and(Ordering::is_eq),
            Operator::NotEqual => self.order(value).is_some_and(Ordering::is_ne),
            Operator::Greater => self.order(value).is_some_and(Ordering::is_gt),
            Operator::GreaterOrEqual => self.order(value).is_some_and(Ordering::is_ge),
            Operator::Less => self.order(value).is_some_and(Ordering::is_lt),
            Operator::LessOrEqual => self.order(value).is_some_and(Ordering::is_le),
            Operator::Between => match (&self.wanted, value) {
                (Wanted::Range(low, high), FieldValue::Quantity(quantity)) => low <= quantity && quantity <= high,
                (Wanted::Nothing | Wanted::Texts(_) | Wanted::Quantity(_), FieldValue::Quantity(_))
                | (_, FieldValue::None | FieldValue::Text(_) | FieldValue::Set(_)) => false,
            },
        }
    }

    /// Explains the result of the test if the two values alone do not show the reason.
    pub(super) fn note(&self, value: &FieldValue) -> Option<&'static str> {
        let asks_for_value = match self.operator.value_shape() {
            ValueShape::None => false,
            ValueShape::One | ValueShape::OneOrMore | ValueShape::Range => true,
        };
        if value.is_empty() && asks_for_value {
            return Some(match self.operator.holds_without_value() {
                true => "has no value; negative operators hold in that case",
                false => "has no value",
            });
        }
        let compares = match (&self.wanted, value) {
            (Wanted::Quantity(wanted) | Wanted::Range(wanted, _), FieldValue::Quantity(quantity)) => {
                quantity.partial_cmp(wanted).is_some()
            }
            _ => true,
        };
        (!compares).then_some("is in another currency or unit than the filter's; no comparison holds in that case")
    }

    fn any_text(&self, value: &FieldValue, test: impl Fn(&str, &str) -> bool) -> bool {
        match value {
            FieldValue::Text(text) => self.wanted.texts().iter().any(|wanted| test(text, wanted)),
            FieldValue::None | FieldValue::Quantity(_) | FieldValue::Set(_) => false,
        }
    }

    /// Returns the ordering of the value relative to the wanted quantity. Returns `None` if they
    /// can't be compared.
    fn order(&self, value: &FieldValue) -> Option<Ordering> {
        match (value, &self.wanted) {
            (FieldValue::Quantity(quantity), Wanted::Quantity(wanted)) => quantity.partial_cmp(wanted),
            (FieldValue::Quantity(_), Wanted::Nothing | Wanted::Texts(_) | Wanted::Range(..))
            | (FieldValue::None | FieldValue::Text(_) | FieldValue::Set(_), _) => None,
        }
    }
}

fn has(value: &FieldValue, wanted: &str) -> bool {
    match value {
        FieldValue::Set(set) => set.contains(wanted),
        FieldValue::None | FieldValue::Text(_) | FieldValue::Quantity(_) => false,
    }
}
