//! Edits and erases contacts.

use chrono::{DateTime, Utc};
use couponflow_domain::contacts::contact::{Contact, ContactDetails};
use couponflow_domain::kernel::counters::Revision;
use couponflow_domain::kernel::ids::ContactId;
use couponflow_domain::kernel::input::Errors;

use crate::contacts::ports::ContactStore;
use crate::kernel::error::StoreError;

/// Maximum number of attempts. An attempt can conflict with a concurrent write.
const ATTEMPTS: usize = 8;

/// Outcome of an edit.
#[derive(Debug, Clone, PartialEq)]
pub enum ContactEditOutcome {
    /// The edit is stored. Holds the changed contact.
    Done(Box<Contact>),
    NotFound,
    /// The contact's version is not the version that the caller read.
    Stale,
    /// The new details are invalid.
    Invalid(Errors),
}

/// Edits a contact if `expected` accepts the contact's version. `change` derives the new details from the current
/// details.
///
/// # Errors
/// Returns an error if the store fails, or if every attempt conflicts with a concurrent write.
pub async fn edit(
    store: &impl ContactStore,
    id: &ContactId,
    expected: impl Fn(Revision) -> bool,
    change: impl Fn(&ContactDetails) -> Result<ContactDetails, Errors>,
    now: DateTime<Utc>,
) -> Result<ContactEditOutcome, StoreError> {
    for _ in 0..ATTEMPTS {
        let Some(contact) = store.contact(id).await? else { return Ok(ContactEditOutcome::NotFound) };
        if !expected(contact.version) {
            return Ok(ContactEditOutcome::Stale);
        }
        let edited = match change(&ContactDetails::from(&contact)).and_then(|details| contact.edited(details, now)) {
            Ok(edited) => edited,
            Err(errors) => return Ok(ContactEditOutcome::Invalid(errors)),
        };
        if store.edit_contact(&contact, &edited, now).await? {
            return Ok(ContactEditOutcome::Done(Box::new(edited)));
        }
    }
    Err(StoreError::Busy { doing: "editing a contact" })
}

/// Outcome of an erase request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erased {
    /// The contact and all its memberships are erased.
    Done,
    NotFound,
    /// The contact's version is not the version that the caller read. Nothing was changed.
    Stale,
}

/// Erases a contact if `expected` accepts the contact's version. If an earlier call died before it
/// completed the erasure, a repeated call completes the erasure.
///
/// # Errors
/// Returns an error if the store fails, or if every attempt conflicts with a concurrent write.
pub async fn erase(
    store: &impl ContactStore,
    id: &ContactId,
    expected: impl Fn(Revision) -> bool,
    now: DateTime<Utc>,
) -> Result<Erased, StoreError> {
    for _ in 0..ATTEMPTS {
        let Some(contact) = store.contact(id).await? else {
            return Ok(if store.complete_erasure(id).await? { Erased::Done } else { Erased::NotFound });
        };
        if !expected(contact.version) {
            return Ok(Erased::Stale);
        }
        if store.erase_contact(&contact, now).await? {
            return Ok(Erased::Done);
        }
    }
    Err(StoreError::Busy { doing: "erasing a contact" })
}
