//! Contacts, the sets that they are in, and the audiences that those make.

use chrono::{DateTime, Utc};
use couponflow_domain::audience::Audience;
use couponflow_domain::contact::{Contact, SetChange, UnsubscribeToken};
use couponflow_domain::customer::{Customer, Email};
use couponflow_domain::digest::Bits80;
use couponflow_domain::event::Event;
use couponflow_domain::ids::ContactId;
use couponflow_domain::timer::Timer;

use super::{Page, PageRequest, Stored};
use crate::error::StoreError;

/// What came of changing a set of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It is changed, and the timer is set.
    Done,
    /// It was so already, or the contact is gone; no timer is set.
    Nothing,
    /// Other executions listen than those that the caller has seen: read the contact again.
    ListeningChanged,
    /// The set is full.
    TooMany,
}

/// Who the customer of an event is to automation.
#[derive(Debug, Clone, PartialEq)]
pub enum KnownCustomer {
    /// A contact.
    Contact(Box<Contact>),
    /// Nobody yet.
    Unknown,
    /// Nobody any more: the contact was erased after the customer was named.
    Erased,
}

/// Keeps contacts, as automation needs them.
pub trait Contacts {
    /// The contact of a customer, made or brought up to date with what the storefront said last. A new one gets its token
    /// from the random bits. Never changes consent, zone, locale, tags or lists. None where the contact was erased since
    /// the customer was named, even if somebody with the address has come back after that.
    async fn see_customer(&self, customer: &Customer, named_at: DateTime<Utc>, bits: Bits80)
    -> Stored<Option<Contact>>;
    /// Who a customer is who was named at an instant. Changes nothing.
    async fn known(&self, customer: &Customer, named_at: DateTime<Utc>) -> Stored<KnownCustomer>;
    /// Completes an erasure that was cut off after the contact was gone and before all of its memberships were; false where
    /// there is none. Doing it again, or by several at once, is safe.
    async fn complete_erasure(&self, id: &ContactId) -> Stored<bool>;
    /// The contact with the id. One that is made again after it was erased has another id.
    async fn contact(&self, id: &ContactId) -> Stored<Option<Contact>>;
    /// The contact of a customer, as they are.
    async fn contact_of(&self, customer: &Customer) -> Stored<Option<Contact>>;
    /// The contact with the address.
    async fn contact_by_email(&self, email: &Email) -> Stored<Option<Contact>>;
    /// Contacts, newest first.
    async fn contacts(&self, page: &PageRequest) -> Stored<Page<Contact>>;
    /// Adds or takes away a tag or a list, and with it the membership in that audience; sets the timer, where one is
    /// given, in the same transaction. Only if the same executions listen to the contact as in `contact`; whatever else of
    /// it changed meanwhile does not matter.
    async fn change_set(&self, contact: &Contact, change: &SetChange, heard: Option<&Timer>) -> Stored<Changed>;
    /// Adds a tag as [`Contacts::change_set`] does, whoever listens; adding it again changes nothing.
    async fn add_tag(&self, id: &ContactId, tag: &str) -> Stored<()> {
        change_unheard(self, id, SetChange::AddTag(tag.into())).await
    }
    /// Takes a tag off likewise.
    async fn remove_tag(&self, id: &ContactId, tag: &str) -> Stored<()> {
        change_unheard(self, id, SetChange::RemoveTag(tag.into())).await
    }
    /// Notes what an event says of a contact and a coupon, for the audiences of the coupon; one write, or none where an
    /// event says nothing of that. Events may come twice and in any order.
    async fn note_event(&self, event: &Event, contact: &ContactId) -> Stored<()>;
    /// At most `limit` contacts of an audience, in an order of its own, from where `cursor`, the page before's, says. Who
    /// is in the audience from the first page to the last is told once, whoever comes and goes meanwhile. A page can be
    /// short, even empty, and have a cursor; a cursor that is none of this list's gives an empty last page.
    ///
    /// # Errors
    /// Also where the audience is of a coupon that it does not name, for [`Audience::of_event`] to put in.
    async fn audience(&self, audience: &Audience, cursor: Option<&str>, limit: usize) -> Stored<Page<ContactId>>;
}

/// Changes a set and wakes nobody. An erased contact has nothing to change; a full set is busy.
async fn change_unheard(store: &(impl Contacts + ?Sized), id: &ContactId, change: SetChange) -> Stored<()> {
    let Some(contact) = store.contact(id).await? else { return Ok(()) };
    match store.change_set(&contact, &change, None).await? {
        Changed::Done | Changed::Nothing => Ok(()),
        Changed::ListeningChanged | Changed::TooMany => Err(StoreError::Busy { doing: "changing a tag" }),
    }
}

/// What came of making a contact.
#[derive(Debug, Clone, PartialEq)]
pub enum MadeContact {
    /// It is stored, as this; also where an earlier run of the same request stored it.
    Now(Box<Contact>),
    /// There is one with that address, or with that id of the shop's where it has no address.
    Existing(ContactId),
}

/// Changes contacts for operators, and for themselves.
pub trait EditContacts: Contacts {
    /// Stores a new contact. Consent that was withdrawn with this address before stays so, whatever the contact says.
    async fn create_contact(&self, contact: &Contact) -> Stored<MadeContact>;
    /// Stores what differs between a contact and its next version; false where it is not in the version before any more.
    async fn edit_contact(&self, before: &Contact, after: &Contact, now: DateTime<Utc>) -> Stored<bool>;
    /// Removes a contact with all its memberships; false where it is not in this version any more, and nothing has changed
    /// then. The contact goes first. If this call dies after that, a timer or a repetition completes the rest. What stays,
    /// under a digest of the address, is that it was erased, as long as events of before may come, and that consent was
    /// withdrawn.
    async fn erase_contact(&self, contact: &Contact, now: DateTime<Utc>) -> Stored<bool>;
    /// Whether this is the token of the contact with the key.
    async fn may_unsubscribe(&self, contact_key: &str, token: &UnsubscribeToken) -> Stored<bool>;
    /// Withdraws the consent of the contact with the key; false where this is not its token. Done again, nothing changes.
    async fn withdraw_consent(&self, contact_key: &str, token: &UnsubscribeToken, now: DateTime<Utc>) -> Stored<bool>;
}
