//! Why a filter holds for an event, or why not.

use serde::Serialize;

use super::{Condition, Facts, FieldValue, Filter, FilterField, Operator, Subject, Wanted};

/// A filter with what came of each part of it. Texts are as they are compared: folded.
///
/// It tells what the event tells, personal data included: an answer for an operator, nothing for a log.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Explanation {
    /// Whether this part holds.
    pub held: bool,
    /// The part.
    #[serde(flatten)]
    pub part: Part,
}

/// One part of a filter.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Each must hold.
    All(Vec<Explanation>),
    /// At least one must hold.
    Any(Vec<Explanation>),
    /// It must not hold.
    Not(Box<Explanation>),
    /// A test of one field.
    #[serde(untagged)]
    Test {
        /// What is tested.
        field: FilterField,
        /// How.
        operator: Operator,
        /// What the filter compares with; null where the operator needs nothing.
        expected: Wanted,
        /// What the event has; null where it has no value.
        received: FieldValue,
        /// Why the test holds or not, where the two values do not show it: there is no value, or the amount is in another
        /// currency.
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<&'static str>,
    },
}

impl Filter {
    /// What each part of the filter makes of the subject.
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
