//! Stores contacts: one item per e-mail address, or per customer id for a contact without an
//! address. The item of an erased contact has no `id`. It has the attribute `leaving` until all
//! memberships of the contact are removed.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use couponflow_app::contacts::ports::KnownCustomer;
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_domain::contacts::contact::{Contact, UnsubscribeToken, UnverifiedNames, contact_id, legacy_contact_id};
use couponflow_domain::kernel::counters::Revision;
use couponflow_domain::kernel::ids::{ContactId, ExecutionId};
use couponflow_domain::kernel::instants::ZoneName;
use couponflow_domain::kernel::label::{Label, distinct};
use couponflow_domain::kernel::language_tag::LanguageTag;
use couponflow_domain::kernel::personal::PersonalText;
use couponflow_domain::purchases::customer::{Customer, Email};
use serde::{Deserialize, Serialize};

use super::stored_consent::StoredConsent;
use crate::dynamo::engine::item::{Item, Stored, from_item};
use crate::dynamo::engine::key::Key;
use crate::dynamo::engine::page::ALL;
use crate::dynamo::engine::tenant_store::TenantStore;

/// Last part of the update expression of every write that creates a contact. The item can be that
/// of an erased contact, which has a `ttl`. `erased_at_ms` stays in the item, because events before
/// the erasure do not belong to the new contact.
pub(crate) const REMOVE_TTL: &str = " REMOVE #ttl";

/// Maximum number of attempts to create a contact while an erasure under the same key is being completed.
pub(crate) const MAX_CREATE_ATTEMPTS: usize = 3;

/// Item of a contact. The item also has `said_at_ms`: the instant at which a verified customer or an edit of the contact
/// last stated the customer's identity. A contact that only unverified customers have stated has no `said_at_ms`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ContactItem {
    pub(crate) id: ContactId,
    email: Option<Email>,
    customer_id: Option<PersonalText>,
    first_name: Option<PersonalText>,
    last_name: Option<PersonalText>,
    /// First name from purchases. Used if no first name was set explicitly.
    claimed_first_name: Option<PersonalText>,
    claimed_last_name: Option<PersonalText>,
    /// Whether only requests with `storefront` keys have named the contact.
    #[serde(default)]
    unverified: bool,
    #[serde(default)]
    pub(crate) tags: BTreeSet<String>,
    #[serde(default)]
    pub(crate) lists: BTreeSet<String>,
    /// Whether the memberships are stored under the keys of tags and lists instead of their spellings.
    #[serde(default)]
    pub(crate) labels_by_key: bool,
    time_zone: Option<ZoneName>,
    locale: Option<LanguageTag>,
    #[serde(default)]
    consent: StoredConsent,
    unsubscribe_token: UnsubscribeToken,
    #[serde(default)]
    listening: BTreeSet<ExecutionId>,
    pub(crate) version: i64,
    created_at_ms: i64,
}

impl Stored for ContactItem {
    const KIND: &'static str = "CONTACT";
}

impl From<ContactItem> for Contact {
    fn from(item: ContactItem) -> Self {
        Self {
            id: item.id,
            email: item.email,
            customer_id: item.customer_id,
            verified: !item.unverified,
            claimed: UnverifiedNames {
                first_name: item.first_name.is_none() && item.claimed_first_name.is_some(),
                last_name: item.last_name.is_none() && item.claimed_last_name.is_some(),
            },
            first_name: item.first_name.or(item.claimed_first_name),
            last_name: item.last_name.or(item.claimed_last_name),
            tags: distinct(item.tags.into_iter().map(Label::from)),
            lists: distinct(item.lists.into_iter().map(Label::from)),
            time_zone: item.time_zone,
            locale: item.locale,
            consent: item.consent.into(),
            unsubscribe_token: item.unsubscribe_token,
            listening: item.listening,
            version: Revision::new(item.version),
            created_at: crate::dynamo::engine::instant::instant(item.created_at_ms),
        }
    }
}

/// Parses a contact. `None` if the contact was erased.
pub(crate) fn contact_of(item: Option<Item>, doing: &'static str) -> Result<Option<Contact>, StoreError> {
    let item = item.filter(|item| item.contains_key("id"));
    item.map(|item| from_item::<ContactItem>(item, doing).map(Contact::from)).transpose()
}

/// Whether the contact was erased at or after `named_at`, the instant of the event that names the
/// customer. If the instant of the erasure cannot be read, the contact counts as erased.
pub(super) fn is_erased_since(item: &Item, named_at: DateTime<Utc>) -> bool {
    let erased_at_ms = |erased_at: &AttributeValue| erased_at.as_n().ok()?.parse::<i64>().ok();
    item.get("erased_at_ms")
        .is_some_and(|erased_at| erased_at_ms(erased_at).is_none_or(|ms| ms >= named_at.timestamp_millis()))
}

impl TenantStore {
    pub(crate) async fn known(
        &self,
        customer: &Customer,
        named_at: DateTime<Utc>,
    ) -> Result<KnownCustomer, StoreError> {
        let doing = "looking up a customer";
        let id = self.contact_id_of(customer, named_at, doing).await?;
        let item = self.table.raw(self.keys.contact(id.key()), doing).await?;
        if item.as_ref().is_some_and(|item| is_erased_since(item, named_at)) {
            return Ok(KnownCustomer::Erased);
        }
        let contact = self.migrated(item, doing).await?.map(Contact::from);
        Ok(contact.map_or(KnownCustomer::Unknown, |contact| KnownCustomer::Contact(Box::new(contact))))
    }

    pub(crate) async fn complete_erasure(&self, id: &ContactId) -> Result<bool, StoreError> {
        self.remove_memberships(id.key()).await
    }

    pub(crate) async fn contact(&self, id: &ContactId) -> Result<Option<Contact>, StoreError> {
        // A contact that is created again after an erasure has the same key and a different id.
        Ok(self.contact_at(id.key()).await?.filter(|contact| contact.id == *id))
    }

    pub(crate) async fn contact_of(&self, customer: &Customer) -> Result<Option<Contact>, StoreError> {
        let id = self.contact_id_of(customer, DateTime::UNIX_EPOCH, "reading a contact").await?;
        self.contact_at(id.key()).await
    }

    pub(crate) async fn contact_by_email(&self, email: &Email) -> Result<Option<Contact>, StoreError> {
        let customer =
            Customer { email: Some(email.clone()), id: None, first_name: None, last_name: None, verified: true };
        self.contact_of(&customer).await
    }

    pub(crate) async fn contacts(&self, page: &PageRequest) -> Result<Page<Contact>, StoreError> {
        let doing = "listing contacts";
        let ids = self.list("contacts", page, ALL, doing).await?;
        let listed: Vec<ContactId> = ids.data.iter().filter_map(|id| ContactId::parse(id).ok()).collect();
        let contacts = self.contacts_with_ids(&listed).await?;
        Ok(Page { next_cursor: ids.next_cursor, ..contacts })
    }

    pub(crate) async fn contacts_with_ids(&self, ids: &[ContactId]) -> Result<Page<Contact>, StoreError> {
        let doing = "reading contacts";
        let keys: Vec<Key> = ids.iter().map(|id| self.keys.contact(id.key())).collect();
        let mut contacts = Page::new(Vec::with_capacity(ids.len()), None);
        for (id, item) in ids.iter().zip(self.table.items(&keys, doing).await?) {
            let contact = self.migrated(item, doing).await;
            let contact = contact.map(|item| item.map(Contact::from).filter(|contact| contact.id == *id));
            contacts.push_readable(contact, "contacts")?;
        }
        Ok(contacts)
    }

    /// Returns the id for a contact of the customer that is created at `now`. Earlier versions of
    /// couponflow derived the key of some contacts differently. If an item exists under the former
    /// key, returns the id with the former key.
    pub(crate) async fn contact_id_of(
        &self,
        customer: &Customer,
        now: DateTime<Utc>,
        doing: &'static str,
    ) -> Result<ContactId, StoreError> {
        if let Some(former) = legacy_contact_id(customer, now)
            && self.table.raw(self.keys.contact(former.key()), doing).await?.is_some()
        {
            return Ok(former);
        }
        Ok(contact_id(customer, now))
    }

    pub(crate) async fn contact_at(&self, key: &str) -> Result<Option<Contact>, StoreError> {
        let doing = "reading a contact";
        Ok(self.contact_item(key, doing).await?.map(Contact::from))
    }

    /// Reads a contact's item. `None` if the contact was erased.
    pub(crate) async fn contact_item(&self, key: &str, doing: &'static str) -> Result<Option<ContactItem>, StoreError> {
        self.migrated(self.table.raw(self.keys.contact(key), doing).await?, doing).await
    }

    /// Parses a contact and migrates its memberships to the keys of its tags and lists.
    pub(super) async fn migrated(
        &self,
        item: Option<Item>,
        doing: &'static str,
    ) -> Result<Option<ContactItem>, StoreError> {
        let item = item.filter(|item| item.contains_key("id"));
        let item = item.map(|item| from_item::<ContactItem>(item, doing)).transpose()?;
        if let Some(item) = &item {
            self.migrate_memberships(item, doing).await?;
        }
        Ok(item)
    }
}
