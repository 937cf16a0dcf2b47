//! Editing and erasing contacts.

use chrono::{DateTime, Utc};
use couponflow_domain::contact::{Contact, Details};
use couponflow_domain::ids::ContactId;
use couponflow_domain::input::Errors;

use crate::error::StoreError;
use crate::ports::EditContacts;

/// How often a change is tried again because another came in between that the caller need not have seen.
const ATTEMPTS: usize = 8;

/// What came of an edit.
#[derive(Debug, Clone, PartialEq)]
pub enum Edited {
    /// It is done; this is the contact now.
    Now(Box<Contact>),
    /// There is no such contact.
    NotFound,
    /// The contact is not in the version that the caller has seen.
    Stale,
    /// The new details have faults.
    Invalid(Errors),
}

/// Edits the contact if it is in a version that `expected` accepts. `change` makes the new details from those there are.
///
/// # Errors
/// Where the store fails, or the contact stays too busy.
pub async fn edit(
    store: &impl EditContacts,
    id: &ContactId,
    expected: impl Fn(i64) -> bool,
    change: impl Fn(&Details) -> Result<Details, Errors>,
    now: DateTime<Utc>,
) -> Result<Edited, StoreError> {
    for _ in 0..ATTEMPTS {
        let Some(contact) = store.contact(id).await? else { return Ok(Edited::NotFound) };
        if !expected(contact.version) {
            return Ok(Edited::Stale);
        }
        let edited = match change(&Details::from(&contact)).and_then(|details| contact.edited(details, now)) {
            Ok(edited) => edited,
            Err(errors) => return Ok(Edited::Invalid(errors)),
        };
        if store.edit_contact(&contact, &edited, now).await? {
            return Ok(Edited::Now(Box::new(edited)));
        }
    }
    Err(StoreError::Busy { doing: "editing a contact" })
}

/// Outcome of an erase request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erased {
    /// The contact is gone, with all its memberships.
    Now,
    /// There is no such contact.
    NotFound,
    /// The contact is not in the version that the caller has seen; nothing was changed.
    Stale,
}

/// Erases the contact if it is in a version that `expected` accepts. Asked for again after a crash, it completes what the
/// first call began.
///
/// # Errors
/// Where the store fails, or the contact stays too busy.
pub async fn erase(
    store: &impl EditContacts,
    id: &ContactId,
    expected: impl Fn(i64) -> bool,
    now: DateTime<Utc>,
) -> Result<Erased, StoreError> {
    for _ in 0..ATTEMPTS {
        let Some(contact) = store.contact(id).await? else {
            return Ok(if store.complete_erasure(id).await? { Erased::Now } else { Erased::NotFound });
        };
        if !expected(contact.version) {
            return Ok(Erased::Stale);
        }
        if store.erase_contact(&contact, now).await? {
            return Ok(Erased::Now);
        }
    }
    Err(StoreError::Busy { doing: "erasing a contact" })
}
