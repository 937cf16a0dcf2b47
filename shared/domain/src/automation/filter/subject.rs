//! Subject of a filter.

use std::collections::BTreeSet;

use crate::events::event::Event;
use crate::kernel::label::Label;

/// Subject that a filter is matched with: an event and the tags of its contact.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub event: &'a Event,
    /// Tags of the contact; `None` if the event names no customer.
    pub tags: Option<&'a BTreeSet<Label>>,
}
