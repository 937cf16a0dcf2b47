//! Filters: conditions that an event must meet to start or continue a workflow.
//!
//! A filter is a tree of `all`, `any` and `not`. Its leaves are conditions, and each condition
//! tests one field. Reading a filter rejects a condition that could never match: its field has no
//! value for the trigger, or its operator does not fit the field. Reading also case-folds the texts
//! of the filter, so that matching only compares texts.
//!
//! Two rules apply to values that can't be compared:
//!
//! - If the field has no value, the negative operators (`is_not`, `is_none_of`, `does_not_contain`,
//!   `contains_none`, `!=`) and `is_empty` match. No other operator matches
//!   ([`Operator::holds_without_value`]).
//! - An amount in another currency than the filter value matches no comparison, not even `!=`. The
//!   same applies to a percentage that is compared with an amount. To match these values as well,
//!   negate `=` with `{"not": …}`.

mod condition;
mod explain;
mod facts;
mod field;
mod index;
mod operator;
mod read;
mod schema;
mod subject;

pub use condition::{Condition, Wanted};
pub use explain::{Explanation, Part};
pub use facts::{Facts, FieldValue, Quantity};
pub use field::{FilterField, Kind};
pub use index::FilterIndex;
pub use operator::{Operator, ValueShape};
pub use schema::{FilterSchema, request_schemas};
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

    /// Whether the filter matches the facts of a subject. Facts are collected once and matched with
    /// many filters.
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
