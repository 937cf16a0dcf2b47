//! Explanations: why a filter matches an event, or why not.

use serde::Serialize;

use super::{Condition, Facts, FieldValue, Filter, FilterField, Operator, Subject, Wanted};

/// Filter with the result of each of its parts. Texts are shown case-folded, because filters
/// compare case-folded texts.
///
/// An explanation contains values of the event, including personal data. Show it to operators only, and never log it.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
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
    All(Vec<Explanation>),
    /// Matches if at least one part matches.
    Any(Vec<Explanation>),
    /// Matches if the part does not match.
    Not(Box<Explanation>),
    /// Test of one field.
    #[serde(untagged)]
    Test {
        /// Field that is tested.
        field: FilterField,
        /// Operator of the test.
        operator: Operator,
        /// Value in the filter; null if the operator needs none.
        expected: Wanted,
        /// Value in the event; null if the event has none.
        received: FieldValue,
        /// Reason for the result, if the two values do not show the reason. The event has no value,
        /// or its value has another currency or unit.
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<&'static str>,
    },
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
