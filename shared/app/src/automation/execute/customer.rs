//! Looks up the contact of an event's customer.

use std::borrow::Cow;
use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use couponflow_domain::automation::filter::Subject;
use couponflow_domain::automation::plan::{WorkflowEntry, entry, entry_without_customer};
use couponflow_domain::automation::workflow::PublishedWorkflow;
use couponflow_domain::contacts::contact::Contact;
use couponflow_domain::events::event::{CorrelationKey, Event};
use couponflow_domain::kernel::ids::WorkflowId;

use crate::automation::ports::AutomationStore;
use crate::contacts::ports::KnownCustomer;
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

/// Event with the contact of its customer. If the contact was erased after the event occurred,
/// `contact` is `None`, and filters and steps get the event without the customer.
pub(crate) struct EventWithContact<'a> {
    pub(crate) contact: Option<Contact>,
    original: &'a Event,
    known: Cow<'a, Event>,
    is_erased: bool,
}

impl<'a> EventWithContact<'a> {
    /// Creates or updates the contact of the event's customer.
    ///
    /// # Errors
    /// Returns an error if the store fails.
    pub(crate) async fn see(
        store: &impl AutomationStore,
        system: &(impl Clock + Rng),
        event: &'a Event,
    ) -> Result<Self, StoreError> {
        let Some(customer) = &event.data.customer else { return Ok(Self::of(event, KnownCustomer::Unknown)) };
        let seen = store.upsert_contact(customer, event.customer_named_at(), system.bits()).await?;
        Ok(Self::of(event, seen.map_or(KnownCustomer::Erased, |contact| KnownCustomer::Contact(Box::new(contact)))))
    }

    /// Looks up the contact of the event's customer. Read-only.
    ///
    /// # Errors
    /// Returns an error if the store fails.
    pub(crate) async fn look_up(store: &impl AutomationStore, event: &'a Event) -> Result<Self, StoreError> {
        let known = match &event.data.customer {
            Some(customer) => store.known(customer, event.customer_named_at()).await?,
            None => KnownCustomer::Unknown,
        };
        Ok(Self::of(event, known))
    }

    fn of(event: &'a Event, known: KnownCustomer) -> Self {
        let (contact, is_erased) = match known {
            KnownCustomer::Contact(contact) => (Some(*contact), false),
            KnownCustomer::Unknown => (None, false),
            KnownCustomer::Erased => (None, true),
        };
        let known = if is_erased { Cow::Owned(event.without_customer()) } else { Cow::Borrowed(event) };
        Self { contact, original: event, known, is_erased }
    }

    /// If the customer has no contact yet, adds the contact that handling the event would create.
    pub(crate) fn with_prospective_contact(mut self, now: DateTime<Utc>) -> Self {
        let customer = self.known.data.customer.as_ref();
        self.contact = self.contact.or_else(|| customer.map(|customer| Contact::of(customer, now)));
        self
    }

    /// Returns the data that filters test.
    pub(crate) fn subject(&self) -> Subject<'_> {
        Subject { event: &self.known, tags: self.contact.as_ref().map(|contact| &contact.tags) }
    }

    /// Builds the execution of a workflow for the event, with the admission rules of the workflow.
    pub(crate) fn entry(
        &self,
        workflow: &PublishedWorkflow,
        chain: &[WorkflowId],
        now: DateTime<Utc>,
    ) -> WorkflowEntry {
        let contact = self.contact.as_ref().map(|contact| &contact.id);
        match self.is_erased {
            true => entry_without_customer(self.original, workflow, chain, now),
            false => entry(self.original, contact, workflow, chain, now).with_correlation_keys(self.correlation_keys()),
        }
    }

    /// Whether the customer of the event was erased after the event occurred.
    pub(crate) fn is_erased(&self) -> bool {
        self.is_erased
    }

    /// Returns the correlation keys of the event's purchase: order id and customer id.
    pub(crate) fn correlation_keys(&self) -> BTreeSet<CorrelationKey> {
        self.known.correlation_keys(self.contact.as_ref())
    }
}
