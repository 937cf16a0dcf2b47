//! Explanations: why a filter matches an event, or why not.

use schemars::Schema;
use serde::Serialize;
use serde_json::Value;

use super::{Condition, Facts, FieldValue, Filter, FilterField, Operator, Subject, Wanted};

/// Filter with the result of each of its parts. Texts are shown case-folded, because filters
/// compare case-folded texts.
///
/// An explanation contains values of the event, including personal data. Show it to operators only, and never log it.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[schemars(transform = into_whole_alternatives)]
pub struct Explanation {
    /// Whether this part of the filter matches.
    pub held: bool,
    #[serde(flatten)]
    pub part: Part,
}

/// Part of a filter.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Matches if every part matches.
    #[schemars(title = "ExplanationOfAll")]
    All(Vec<Explanation>),
    /// Matches if at least one part matches.
    #[schemars(title = "ExplanationOfAny")]
    Any(Vec<Explanation>),
    /// Matches if the part does not match.
    #[schemars(title = "ExplanationOfNot")]
    Not(Box<Explanation>),
    /// Test of one field.
    #[serde(untagged)]
    #[schemars(title = "ExplanationOfTest")]
    Test {
        /// Field that is tested.
        field: FilterField,
        /// Operator of the test.
        operator: Operator,
        /// Value in the filter; null if the operator needs none.
        expected: Wanted,
        /// Value in the event; null if the event has none.
        received: FieldValue,
        /// Reason for the result, if the two values do not show the reason: the event has no value,
        /// or its value has another currency or unit than the value in the filter.
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<&'static str>,
    },
}

/// Moves the members beside the alternatives into each alternative, because generators of clients do not combine the two.
fn into_whole_alternatives(schema: &mut Schema) {
    let shared = ["properties", "required"].map(|keyword| schema.remove(keyword).unwrap_or_default());
    let alternatives = schema.get_mut("anyOf").and_then(Value::as_array_mut);
    for alternative in alternatives.into_iter().flatten() {
        match (&mut alternative["properties"], &shared[0]) {
            (Value::Object(members), Value::Object(more)) => members.extend(more.clone()),
            _ => return,
        }
        match (&mut alternative["required"], &shared[1]) {
            (Value::Array(members), Value::Array(more)) => members.extend(more.iter().cloned()),
            _ => return,
        }
    }
    schema.remove("type");
}

impl Filter {
    /// Evaluates each part of the filter for the subject.
    pub fn explain(&self, subject: Subject<'_>) -> Explanation {
        self.explained(&Facts::of(subject))
    }

    fn explained(&self, facts: &Facts) -> Explanation {
        let each = |filters: &[Filter]| filters.iter().map(|filter| filter.explained(facts)).collect();
        let part = match self {
            Self::All(filters) => Part::All(each(filters)),
            Self::Any(filters) => Part::Any(each(filters)),
            Self::Not(filter) => Part::Not(Box::new(filter.explained(facts))),
            Self::Is(condition) => {
                let Condition { field, operator, wanted } = condition;
                let received = facts.get(*field);
                Part::Test {
                    field: *field,
                    operator: *operator,
                    expected: wanted.clone(),
                    received: received.clone(),
                    note: condition.note(received),
                }
            }
        };
        Explanation { held: self.passes(facts), part }
    }
}
