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

pub use condition::{Condition, Wanted};
pub use explain::{Explanation, Part};
pub use facts::{Facts, FieldValue, Quantity};
pub use field::{FilterField, Kind};
pub use index::FilterIndex;
pub use operator::{Operator, ValueShape};

use std::collections::BTreeSet;

use serde_json::Value;

use crate::event::Event;
use crate::input::{self, Errors, Field};
use crate::label::Label;
use crate::workflow::Trigger;

/// Filter tree. `All` of an empty list matches every event.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    /// Test of one field.
    Is(Condition),
}

/// What a filter is matched against: an event and the tags of its contact.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub event: &'a Event,
    /// Tags of the contact; `None` if the event names no customer.
    pub tags: Option<&'a BTreeSet<Label>>,
}

/// Context of a filter: the trigger, and whether there is a contact. It determines which fields have a value.
#[derive(Debug, Clone, Copy)]
struct FilterContext {
    trigger: Trigger,
    has_contact: bool,
}

impl FilterContext {
    fn fields(self) -> impl Iterator<Item = FilterField> {
        let fits = move |field: &FilterField| field.fits(self.trigger) || (self.has_contact && field.is_of_contact());
        FilterField::ALL.iter().copied().filter(fits)
    }
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

    /// Reads and checks the filters of a trigger: a tree, or a flat list, which means `all`.
    pub fn read(field: &Field<'_>, trigger: Trigger, errors: &mut Errors) -> Option<Self> {
        read::whole(field, FilterContext { trigger, has_contact: false }, errors)
    }

    /// Reads and checks filters of a step within a workflow with this trigger. With `has_contact`, the step runs for a
    /// contact even if the trigger's event names none.
    pub fn read_within(field: &Field<'_>, trigger: Trigger, has_contact: bool, errors: &mut Errors) -> Option<Self> {
        read::whole(field, FilterContext { trigger, has_contact }, errors)
    }

    /// Reads the `filters` of a trigger without the rest of the workflow. Null matches every event.
    ///
    /// # Errors
    /// Returns every fault, with its pointer into `filters`.
    pub fn from_json(filters: &Value, trigger: Trigger) -> Result<Self, Errors> {
        let read = input::read(filters, |field, errors| {
            field.optional(errors, |field, errors| Self::read(field, trigger, errors))
        });
        read.map(|filter| filter.unwrap_or(Self::All(Vec::new())))
    }
}

#[cfg(test)]
mod tests;
