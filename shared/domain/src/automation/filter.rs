//! Filters: conditions that an event must meet to start or continue a workflow.
//!
//! A filter is a tree of `all`, `any` and `not` over tests of single fields. Reading a filter rejects tests that could
//! never match (a field that the trigger has no value for, an operator that does not fit the field) and case-folds its
//! texts, so that matching only compares.
//!
//! Two rules apply where values can't be compared. If the field has no value, every negative operator (`is_not`,
//! `is_none_of`, `does_not_contain`, `contains_none`, `!=`) holds, because the value is not the given one
//! ([`Operator::holds_without_value`]); any other operator except `is_empty` does not hold. An amount in another
//! currency than the filter's, or a percentage compared with an amount, matches no comparison, including `!=`; to match
//! those values too, negate `=` with `{"not": …}`.

mod condition;
mod explain;
mod facts;
mod field;
mod index;
mod operator;
mod read;
mod subject;

pub use condition::{Condition, Wanted};
pub use explain::{Explanation, Part};
pub use facts::{Facts, FieldValue, Quantity};
pub use field::{FilterField, Kind};
pub use index::FilterIndex;
pub use operator::{Operator, ValueShape};
pub use subject::Subject;

/// Filter tree. `All` of an empty list matches every event.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    /// Test of one field.
    Is(Condition),
}

impl Filter {
    /// Whether the filter matches the subject.
    pub fn matches(&self, subject: Subject<'_>) -> bool {
        self.passes(&Facts::of(subject))
    }

    /// Whether the filter matches the facts of a subject.
    pub fn passes(&self, facts: &Facts) -> bool {
        match self {
            Self::All(filters) => filters.iter().all(|filter| filter.passes(facts)),
            Self::Any(filters) => filters.iter().any(|filter| filter.passes(facts)),
            Self::Not(filter) => !filter.passes(facts),
            Self::Is(condition) => condition.holds(facts.get(condition.field)),
        }
    }
}

#[cfg(test)]
mod tests;
