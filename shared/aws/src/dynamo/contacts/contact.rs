//! Stores contacts: one item per e-mail address, or per customer id for a contact without an
//! address. The item of an erased contact has no `id`. It has the attribute `leaving` until all
//! memberships of the contact are removed.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use chrono::{DateTime, Utc};
use couponflow_app::contacts::ports::KnownCustomer;
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_domain::contacts::contact::{Contact, UnsubscribeToken, UnverifiedNames, contact_id, legacy_contact_id};
use couponflow_domain::kernel::digest::Bits80;
use couponflow_domain::kernel::ids::{ContactId, ExecutionId};
use couponflow_domain::kernel::instants::ZoneName;
use couponflow_domain::kernel::label::{Label, distinct};
use couponflow_domain::purchases::customer::{Customer, Email};
use serde::{Deserialize, Serialize};

use super::erasure::LEAVING;
use super::stored_consent::StoredConsent;
use crate::dynamo::engine::item::{Item, Stored, from_item, n, s};
use crate::dynamo::engine::key::Key;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::failure::failed;

/// Last part of the update expression of every write that creates a contact. The item can be that
/// of an erased contact, which has a `ttl`. `erased_at_ms` stays in the item, because events before
/// the erasure do not belong to the new contact.
pub(crate) const REMOVE_TTL: &str = " REMOVE #ttl";

/// Maximum number of attempts to create a contact while an erasure under the same key is being completed.
pub(crate) const MAX_CREATE_ATTEMPTS: usize = 3;

/// Item of a contact. The item also has `said_at_ms`: the instant at which the storefront or an operator last stated
/// the customer's identity.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ContactItem {
    pub(crate) id: ContactId,
    email: Option<Email>,
    customer_id: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    /// First name from purchases. Used if no first name was set explicitly.
    claimed_first_name: Option<String>,
    claimed_last_name: Option<String>,
    #[serde(default)]
    pub(crate) tags: BTreeSet<String>,
    #[serde(default)]
    pub(crate) lists: BTreeSet<String>,
    /// Whether the memberships are stored under the keys of tags and lists instead of their spellings.
    #[serde(default)]
    pub(crate) labels_by_key: bool,
    time_zone: Option<ZoneName>,
    locale: Option<String>,
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
            version: item.version,
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
fn is_erased_since(item: &Item, named_at: DateTime<Utc>) -> bool {
    let erased_at_ms = |erased_at: &AttributeValue| erased_at.as_n().ok()?.parse::<i64>().ok();
    item.get("erased_at_ms")
        .is_some_and(|erased_at| erased_at_ms(erased_at).is_none_or(|ms| ms >= named_at.timestamp_millis()))
}

impl TenantStore {
    pub(crate) async fn upsert_contact(
        &self,
        customer: &Customer,
        named_at: DateTime<Utc>,
        bits: Bits80,
    ) -> Result<Option<Contact>, StoreError> {
        let doing = "updating a contact";
        let id = self.contact_id_of(customer, named_at, doing).await?;
        let stated = [
            ("email", customer.email.as_ref().map(|email| email.as_str())),
            ("customer_id", customer.id.as_deref()),
            ("claimed_first_name", customer.first_name.as_deref()),
            ("claimed_last_name", customer.last_name.as_deref()),
        ];
        let mut set = "SET kind = :kind, id = if_not_exists(id, :id), gsi1pk = :list, \
                       gsi1sk = if_not_exists(gsi1sk, :id), created_at_ms = if_not_exists(created_at_ms, :now), \
                       unsubscribe_token = if_not_exists(unsubscribe_token, :token), \
                       version = if_not_exists(version, :one), said_at_ms = :now"
            .to_owned();
        let mut update = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(self.keys.contact(id.key()).attributes()))
            .expression_attribute_values(":kind", s(ContactItem::KIND))
            .expression_attribute_values(":id", s(id.as_str()))
            .expression_attribute_values(":list", s(self.keys.list("contacts")))
            .expression_attribute_values(":token", s(UnsubscribeToken::new(bits).as_str()))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":now", n(named_at.timestamp_millis()))
            .condition_expression(
                "(attribute_not_exists(said_at_ms) OR said_at_ms <= :now) \
                 AND (attribute_not_exists(erased_at_ms) OR erased_at_ms < :now) AND attribute_not_exists(leaving)",
            )
            .expression_attribute_names("#ttl", "ttl")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_values(ReturnValue::AllNew);
        for (name, value) in stated.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            // A purchase can spell the address of the contact differently. The contact keeps the first spelling.
            match name {
                "email" => set.push_str(", email = if_not_exists(email, :email)"),
                _ => set.push_str(&format!(", {name} = :{name}")),
            }
            update = update.expression_attribute_values(format!(":{name}"), s(value));
        }
        set.push_str(REMOVE_TTL);
        let update = update.update_expression(set);
        for _ in 0..MAX_CREATE_ATTEMPTS {
            let there = match update.clone().send().await {
                Ok(updated) => return Ok(self.migrated(updated.attributes, doing).await?.map(Contact::from)),
                Err(error) => match error.into_service_error() {
                    UpdateItemError::ConditionalCheckFailedException(refused) => refused.item.unwrap_or_default(),
                    error => return Err(failed(doing)(error.into())),
                },
            };
            if is_erased_since(&there, named_at) {
                return Ok(None);
            }
            if !there.contains_key(LEAVING) {
                // The stored identity is from a later instant, so the contact keeps it.
                return Ok(self.migrated(Some(there), doing).await?.map(Contact::from));
            }
            self.complete_erasure(&id).await?;
        }
        Err(StoreError::Busy { doing })
    }

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
        let customer = Customer { email: Some(email.clone()), id: None, first_name: None, last_name: None };
        self.contact_of(&customer).await
    }

    pub(crate) async fn contacts(&self, page: &PageRequest) -> Result<Page<Contact>, StoreError> {
        let doing = "listing contacts";
        let ids = self.list("contacts", page, |_| true, doing).await?;
        let parse = |id: &String| ContactId::parse(id).map_err(|error| StoreError::damaged(doing, error));
        let listed = ids.data.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
        Ok(Page { data: self.contacts_with_ids(&listed).await?, next_cursor: ids.next_cursor })
    }

    pub(crate) async fn contacts_with_ids(&self, ids: &[ContactId]) -> Result<Vec<Contact>, StoreError> {
        let doing = "reading contacts";
        let keys: Vec<Key> = ids.iter().map(|id| self.keys.contact(id.key())).collect();
        let mut contacts = Vec::with_capacity(ids.len());
        for (id, item) in ids.iter().zip(self.table.items(&keys, doing).await?) {
            contacts.extend(self.migrated(item, doing).await?.map(Contact::from).filter(|contact| contact.id == *id));
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
    async fn migrated(&self, item: Option<Item>, doing: &'static str) -> Result<Option<ContactItem>, StoreError> {
        let item = item.filter(|item| item.contains_key("id"));
        let item = item.map(|item| from_item::<ContactItem>(item, doing)).transpose()?;
        if let Some(item) = &item {
            self.migrate_memberships(item, doing).await?;
        }
        Ok(item)
    }
}
