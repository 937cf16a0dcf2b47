//! Filters: which events a workflow wants.
//!
//! A filter is a tree of `all`, `any` and `not` over conditions. Reading one refuses what could never match (a field
//! that the trigger has no value for, an operator that does not fit the field), and folds its texts, so that matching
//! compares only. Negative operators (`is_not`, `does_not_contain`, `is_none_of`, `contains_none`) hold where there is
//! no value; an amount in another currency matches no comparison.

mod condition;
mod field;
mod read;

pub use condition::{Comparison, Condition, Quantity, SetTest, Test, TextTest};
pub use field::{FilterField, Kind};

use std::collections::BTreeSet;

use crate::event::Event;
use crate::input::{Errors, Field};
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
    pub tags: Option<&'a BTreeSet<String>>,
}

impl Filter {
    /// Whether the subject is wanted.
    pub fn matches(&self, subject: Subject<'_>) -> bool {
        match self {
            Self::All(filters) => filters.iter().all(|filter| filter.matches(subject)),
            Self::Any(filters) => filters.iter().any(|filter| filter.matches(subject)),
            Self::Not(filter) => !filter.matches(subject),
            Self::Is(condition) => condition.matches(subject),
        }
    }

    /// Reads and checks the filters of a workflow with this trigger: a flat list, which means `all`, or a tree.
    pub fn read(field: &Field<'_>, trigger: Trigger, errors: &mut Errors) -> Option<Self> {
        read::filter(field, trigger, false, 0, errors)
    }

    /// Reads and checks filters that are asked within a workflow with this trigger: where `has_contact`, there is a
    /// contact although the trigger names none.
    pub fn read_within(field: &Field<'_>, trigger: Trigger, has_contact: bool, errors: &mut Errors) -> Option<Self> {
        read::filter(field, trigger, has_contact, 0, errors)
    }
}

#[cfg(test)]
mod tests;
