//! Port for contacts, audiences and the suppression list. An audience is a set of contacts, for example all contacts
//! that have a certain tag or are on a certain list.

use chrono::{DateTime, Utc};
use couponflow_domain::contacts::audience::Audience;
use couponflow_domain::contacts::contact::{Contact, SetChange, UnsubscribeToken};
use couponflow_domain::delivery::mail::{Suppression, SuppressionReason};
use couponflow_domain::events::event::Event;
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::kernel::digest::Bits80;
use couponflow_domain::kernel::ids::ContactId;
use couponflow_domain::purchases::customer::{Customer, Email};
use couponflow_domain::timers::timer::Timer;

use crate::kernel::error::StoreResult;
use crate::kernel::page::{Page, PageRequest};

/// Outcome of changing a tag or a list of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetChangeOutcome {
    /// The change is stored, and the timer is set.
    Done,
    /// The contact already has this state, or it was erased. No timer is set.
    Nothing,
    /// The set of executions that wait for a signal from the contact has changed since the caller
    /// read the contact. Read the contact again.
    ListeningChanged,
    /// The contact has the maximum number of tags or lists.
    TooMany,
}

/// Contact of an event's customer.
#[derive(Debug, Clone, PartialEq)]
pub enum KnownCustomer {
    Contact(Box<Contact>),
    /// No contact exists yet.
    Unknown,
    /// The contact was erased after the event named the customer.
    Erased,
}

/// Outcome of creating a contact.
#[derive(Debug, Clone, PartialEq)]
pub enum CreateContactOutcome {
    /// This call, or an earlier run of the same request, stored the contact.
    Created(Box<Contact>),
    /// A contact with the same e-mail address exists. If the new contact has no address: a contact
    /// with the same customer id exists.
    Existing(ContactId),
}

/// Result of redacting one page of stored records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedactedPage {
    /// Number of records from which data was removed.
    pub redacted: usize,
    /// Cursor of this page. `None` if no page follows.
    pub next_after: Option<Cursor>,
}

/// Stores the contacts of a tenant, their memberships in audiences, and the suppression list.
///
/// The suppression list has the addresses of contacts that get no e-mail, because of a bounce or a complaint. It holds
/// digests of the addresses, never the addresses.
pub trait ContactStore {
    // Contacts and audiences

    /// Creates the contact of a customer, or updates the names and the customer id of the contact. A verified customer
    /// updates a contact unless the identity was stated or edited after `named_at`. An unverified customer only creates a
    /// contact, and changes nothing of an existing contact. The unsubscribe token of a new contact derives from `bits`.
    /// Never changes consent, time zone, locale, tags or lists. Returns the stored contact, or `None` if the contact was
    /// erased after `named_at`, even if a contact with the same address was created later.
    async fn upsert_contact(
        &self,
        customer: &Customer,
        named_at: DateTime<Utc>,
        bits: Bits80,
    ) -> StoreResult<Option<Contact>>;
    /// Looks up the contact of a customer whom an event named at `named_at`. Read-only.
    async fn known(&self, customer: &Customer, named_at: DateTime<Utc>) -> StoreResult<KnownCustomer>;
    /// Completes an erasure that was interrupted after the contact was removed and before all memberships were removed.
    /// Returns false if there is nothing to complete. Idempotent, and safe to run concurrently.
    async fn complete_erasure(&self, id: &ContactId) -> StoreResult<bool>;
    /// Returns the contact with the id. A contact that is created again after an erasure gets another id.
    async fn contact(&self, id: &ContactId) -> StoreResult<Option<Contact>>;
    /// Returns the current contact of a customer.
    async fn contact_of(&self, customer: &Customer) -> StoreResult<Option<Contact>>;
    /// Returns the contact with the e-mail address.
    async fn contact_by_email(&self, email: &Email) -> StoreResult<Option<Contact>>;
    /// Lists contacts, newest first.
    async fn contacts(&self, page: &PageRequest) -> StoreResult<Page<Contact>>;
    /// Returns the contacts with the ids, in the order of the ids, as one page. Leaves out contacts that do not exist.
    async fn contacts_with_ids(&self, ids: &[ContactId]) -> StoreResult<Page<Contact>>;
    /// In one transaction, adds or removes a tag or a list, updates the membership in its audience,
    /// and sets `signal_timer`, if given. The timer notifies the executions that wait for a
    /// signal from the contact. Condition: the set of these executions is the same as in `contact`.
    /// Other changes of the contact do not conflict.
    async fn change_set(
        &self,
        contact: &Contact,
        change: &SetChange,
        signal_timer: Option<&Timer>,
    ) -> StoreResult<SetChangeOutcome>;
    /// Updates a contact's membership in the audiences of the event's coupon, with at most one
    /// write. Events can arrive twice and in any order.
    async fn update_audiences(&self, event: &Event, contact: &ContactId) -> StoreResult<()>;
    /// Lists contacts of an audience, at most `limit` per page, starting at the `cursor` of the
    /// previous page. A contact that is in the audience from the first page to the last is returned
    /// exactly once, even if other contacts join or leave meanwhile. A page can be short or empty
    /// and still have a cursor. A cursor of another list yields an empty last page.
    ///
    /// # Errors
    /// Returns an error if the store fails, or if the audience refers to the event's coupon without
    /// naming the coupon. Resolve such an audience with [`Audience::with_event_coupon`] first.
    async fn audience(
        &self,
        audience: &Audience,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> StoreResult<Page<ContactId>>;

    // Edits, erasure and consent

    /// Stores a new contact. If consent for the contact's address was withdrawn earlier, it stays
    /// withdrawn.
    async fn create_contact(&self, contact: &Contact) -> StoreResult<CreateContactOutcome>;
    /// Stores the difference between two versions of a contact. Returns false if the stored version is no longer
    /// `before`.
    async fn edit_contact(&self, before: &Contact, after: &Contact, now: DateTime<Utc>) -> StoreResult<bool>;
    /// Erases a contact with all its memberships. Returns false and changes nothing if the stored version is no longer
    /// `contact`.
    ///
    /// Removes the contact first. If the call dies after that, a timer or a repeated call completes
    /// the erasure. Two facts stay stored under a digest of the address: that the contact withdrew
    /// consent, and that the contact was erased. The second fact is stored as long as events from
    /// before the erasure can arrive.
    ///
    /// Sets two timers for [`Purpose::ContactErasure`](couponflow_domain::timers::timer::Purpose::ContactErasure): one that is due
    /// at once, and one that is due after every step that was running has ended.
    async fn erase_contact(&self, contact: &Contact, now: DateTime<Utc>) -> StoreResult<bool>;
    /// Removes the data of an erased contact from one page of the stored records: applications, redemptions, rejected
    /// attempts, events, executions, coupons that only the contact may use, and recorded answers. Leaves records of a
    /// contact with the same address that was created after the erasure. A record that cannot be read is logged and
    /// left as it is. `after` is the cursor of the page before. Idempotent.
    async fn redact_records(
        &self,
        contact: &ContactId,
        after: Option<&Cursor>,
        now: DateTime<Utc>,
    ) -> StoreResult<RedactedPage>;
    /// Records that the erasure of a contact is complete, so that the relay publishes
    /// [`ContactErased`](couponflow_domain::events::contact_erased::ContactErased). A repeated call changes nothing.
    async fn record_erasure(&self, contact: &ContactId, completed_at: DateTime<Utc>) -> StoreResult<()>;
    /// Whether this is the unsubscribe token of the contact with the key.
    async fn is_unsubscribe_token(&self, contact_key: &str, token: &UnsubscribeToken) -> StoreResult<bool>;
    /// Withdraws the consent of the contact with the key. Returns false if the token is not the contact's unsubscribe
    /// token. Idempotent.
    async fn withdraw_consent(
        &self,
        contact_key: &str,
        token: &UnsubscribeToken,
        now: DateTime<Utc>,
    ) -> StoreResult<bool>;

    // Suppression list

    /// Returns the reason and time of the suppression of each address, in the order of the addresses. `None` if the
    /// address is not suppressed.
    async fn suppressions(&self, emails: &[Email]) -> StoreResult<Vec<Option<Suppression>>>;
    /// Adds an address to the suppression list. Calls that add or remove an address can be repeated
    /// and can come in any order. The call with the latest `at` determines the result.
    async fn suppress(&self, email: &Email, reason: SuppressionReason, at: DateTime<Utc>) -> StoreResult<()>;
    /// Removes an address from the suppression list. A bounce or complaint after `at` adds the
    /// address again. Returns false if the address was not suppressed at `at`.
    async fn lift(&self, email: &Email, at: DateTime<Utc>) -> StoreResult<bool>;
}
