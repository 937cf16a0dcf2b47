//! The port of the room. Each method is implemented in the file of the items that it reads or writes.

use chrono::{DateTime, Utc};
use couponflow_app::contacts::ports::{
    ContactStore, CreateContactOutcome, KnownCustomer, RedactedPage, SetChangeOutcome,
};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_domain::contacts::audience::Audience;
use couponflow_domain::contacts::contact::{Contact, SetChange, UnsubscribeToken};
use couponflow_domain::delivery::mail::{Suppression, SuppressionReason};
use couponflow_domain::events::event::Event;
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::kernel::digest::Bits80;
use couponflow_domain::kernel::ids::ContactId;
use couponflow_domain::purchases::customer::{Customer, Email};
use couponflow_domain::timers::timer::Timer;

use crate::dynamo::engine::tenant_store::TenantStore;

impl ContactStore for TenantStore {
    async fn upsert_contact(
        &self,
        customer: &Customer,
        named_at: DateTime<Utc>,
        bits: Bits80,
    ) -> Result<Option<Contact>, StoreError> {
        self.upsert_contact(customer, named_at, bits).await
    }

    async fn known(&self, customer: &Customer, named_at: DateTime<Utc>) -> Result<KnownCustomer, StoreError> {
        self.known(customer, named_at).await
    }

    async fn complete_erasure(&self, id: &ContactId) -> Result<bool, StoreError> {
        self.complete_erasure(id).await
    }

    async fn contact(&self, id: &ContactId) -> Result<Option<Contact>, StoreError> {
        self.contact(id).await
    }

    async fn contact_of(&self, customer: &Customer) -> Result<Option<Contact>, StoreError> {
        self.contact_of(customer).await
    }

    async fn contact_by_email(&self, email: &Email) -> Result<Option<Contact>, StoreError> {
        self.contact_by_email(email).await
    }

    async fn contacts(&self, page: &PageRequest) -> Result<Page<Contact>, StoreError> {
        self.contacts(page).await
    }

    async fn contacts_with_ids(&self, ids: &[ContactId]) -> Result<Page<Contact>, StoreError> {
        self.contacts_with_ids(ids).await
    }

    async fn change_set(
        &self,
        contact: &Contact,
        change: &SetChange,
        signal_timer: Option<&Timer>,
    ) -> Result<SetChangeOutcome, StoreError> {
        self.change_contact_set(contact, change, signal_timer).await
    }

    async fn update_audiences(&self, event: &Event, contact: &ContactId) -> Result<(), StoreError> {
        self.note_in_audience(event, contact).await
    }

    async fn audience(
        &self,
        audience: &Audience,
        cursor: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<ContactId>, StoreError> {
        self.page_of_audience(audience, cursor, limit).await
    }

    async fn create_contact(&self, contact: &Contact) -> Result<CreateContactOutcome, StoreError> {
        self.create_contact(contact).await
    }

    async fn edit_contact(&self, before: &Contact, after: &Contact, now: DateTime<Utc>) -> Result<bool, StoreError> {
        self.edit_contact(before, after, now).await
    }

    async fn erase_contact(&self, contact: &Contact, now: DateTime<Utc>) -> Result<bool, StoreError> {
        self.erase(contact, now).await
    }

    async fn redact_records(
        &self,
        contact: &ContactId,
        after: Option<&Cursor>,
        now: DateTime<Utc>,
    ) -> Result<RedactedPage, StoreError> {
        self.redact_page(contact, after, now).await
    }

    async fn record_erasure(&self, contact: &ContactId, completed_at: DateTime<Utc>) -> Result<(), StoreError> {
        self.record_erasure(contact, completed_at).await
    }

    async fn is_unsubscribe_token(&self, contact_key: &str, token: &UnsubscribeToken) -> Result<bool, StoreError> {
        self.is_unsubscribe_token(contact_key, token).await
    }

    async fn withdraw_consent(
        &self,
        contact_key: &str,
        token: &UnsubscribeToken,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.withdraw_consent(contact_key, token, now).await
    }

    async fn suppressions(&self, emails: &[Email]) -> Result<Vec<Option<Suppression>>, StoreError> {
        self.suppressions(emails).await
    }

    async fn suppress(&self, email: &Email, reason: SuppressionReason, at: DateTime<Utc>) -> Result<(), StoreError> {
        self.suppress(email, reason, at).await
    }

    async fn lift(&self, email: &Email, at: DateTime<Utc>) -> Result<bool, StoreError> {
        self.lift(email, at).await
    }
}
