//! Filters: which events a workflow wants.
//!
//! A filter is a tree of `all`, `any` and `not` over conditions. Reading one refuses what could never match (a field
//! that the trigger has no value for, an operator that does not fit the field), and folds its texts, so that matching
//! compares only.
//!
//! Two rules decide where there is nothing to compare. Every negative operator (`is_not`, `is_none_of`,
//! `does_not_contain`, `contains_none`, `!=`) holds where the field has no value, since the value is not the given one
//! ([`Operator::holds_without_value`]); any other operator does not. An amount in another currency than the filter's, or a
//! percentage beside an amount, matches no comparison, `!=` included: `{"not": …}` around `=` wants those, too.

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

/// A filter tree. `All` of nothing matches every event.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// Each must match.
    All(Vec<Filter>),
    /// At least one must match.
    Any(Vec<Filter>),
    /// It must not match.
    Not(Box<Filter>),
    /// A test of one field.
    Is(Condition),
}

/// What is matched: an event, and what is known of its contact.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The event.
    pub event: &'a Event,
    /// The contact's tags; none where the event names no customer.
    pub tags: Option<&'a BTreeSet<Label>>,
}

/// Where in a workflow a filter is asked, and so which fields have a value there.
#[derive(Debug, Clone, Copy)]
struct Place {
    trigger: Trigger,
    has_contact: bool,
}

impl Place {
    fn fields(self) -> impl Iterator<Item = FilterField> {
        let fits = move |field: &FilterField| field.fits(self.trigger) || (self.has_contact && field.is_of_contact());
        FilterField::ALL.iter().copied().filter(fits)
    }
}

impl Filter {
    /// Whether the subject is wanted.
    pub fn matches(&self, subject: Subject<'_>) -> bool {
        self.passes(&Facts::of(subject))
    }

    /// Whether a subject with these facts is wanted.
    pub fn passes(&self, facts: &Facts) -> bool {
        match self {
            Self::All(filters) => filters.iter().all(|filter| filter.passes(facts)),
            Self::Any(filters) => filters.iter().any(|filter| filter.passes(facts)),
            Self::Not(filter) => !filter.passes(facts),
            Self::Is(condition) => condition.holds(facts.get(condition.field)),
        }
    }

    /// Reads and checks the filters of a workflow with this trigger: a flat list, which means `all`, or a tree.
    pub fn read(field: &Field<'_>, trigger: Trigger, errors: &mut Errors) -> Option<Self> {
        read::whole(field, Place { trigger, has_contact: false }, errors)
    }

    /// Reads and checks filters that are asked within a workflow with this trigger: where `has_contact`, there is a
    /// contact although the trigger names none.
    pub fn read_within(field: &Field<'_>, trigger: Trigger, has_contact: bool, errors: &mut Errors) -> Option<Self> {
        read::whole(field, Place { trigger, has_contact }, errors)
    }

    /// Reads the `filters` of a workflow's trigger by themselves; null means that every event is wanted.
    ///
    /// # Errors
    /// Every fault, with its pointer into the filters.
    pub fn from_json(filters: &Value, trigger: Trigger) -> Result<Self, Errors> {
        let read = input::read(filters, |field, errors| {
            field.optional(errors, |field, errors| Self::read(field, trigger, errors))
        });
        read.map(|filter| filter.unwrap_or(Self::All(Vec::new())))
    }
}

#[cfg(test)]
mod tests;
