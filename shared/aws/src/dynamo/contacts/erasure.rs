//! Erases contacts in two steps. The first write erases the contact's own data, if the data is
//! unchanged since it was read. Later writes remove the contact's memberships in audiences.
//!
//! The first write records the remaining memberships in the attribute `leaving` and sets two timers. Every caller that
//! finds the attribute completes the erasure: the call that wrote the attribute, a timer, a repeated request, or a call
//! that creates the contact again. The later writes require that the attribute still exists, so they never remove a
//! membership of a contact that was created again.
//!
//! The timers also cancel the waiting executions of the contact. The first timer is due at once. The second timer
//! cancels executions that started to wait during the erasure. When the second timer fires, every step that read the
//! contact before the erasure has ended, and the index is up to date.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::TransactWriteItem;
use chrono::{DateTime, Days, TimeDelta, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::automation::execution::LEASE;
use couponflow_domain::contacts::contact::{Consent, ConsentState, Contact, SetChange};
use couponflow_domain::kernel::ids::ContactId;
use couponflow_domain::kernel::label::Label;
use couponflow_domain::tenants::audit::Change;
use couponflow_domain::timers::timer::{Purpose, Timer};
use serde::{Deserialize, Serialize};

use super::stored_consent::StoredConsent;
use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::item::{Item, Stored, from_item, n, to_item};
use crate::dynamo::engine::key::Key;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::dynamo::engine::transact::Transacted;
use crate::failure::failed;

/// Attribute that holds the remaining memberships of an erased contact.
pub(crate) const LEAVING: &str = "leaving";

const IS_LEAVING: &str = "attribute_exists(leaving)";

/// How long the erasure of a contact is recorded. Longer than the event log and the queues keep an event.
pub(super) const ERASURE_KEPT: Days = Days::new(91);

/// Delay of the second timer. When it has passed, the lease of every step that read the contact before the erasure has
/// expired.
const SECOND_PASS_AFTER: TimeDelta = TimeDelta::seconds(LEASE.num_seconds() + 60);

/// Maximum number of memberships that one transaction removes. DynamoDB permits 100 elements, one of which is the
/// condition check.
const REMOVALS_PER_TRANSACTION: usize = 99;

/// Item that replaces an erased contact. It stores the instant of the erasure, because earlier
/// events belong to no contact. It keeps a withdrawn consent, so that the consent stays withdrawn.
#[derive(Debug, Serialize, Deserialize)]
struct ErasedItem {
    erased_at_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    consent: Option<StoredConsent>,
    /// When DynamoDB may delete the item, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    ttl: Option<i64>,
    /// The contact's identity and remaining memberships. `None` after the memberships are removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    leaving: Option<RemainingMemberships>,
}

/// Memberships to remove. Does not include memberships in the audiences of coupons, because a query
/// of the index finds those.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct RemainingMemberships {
    contact_id: ContactId,
    tags: BTreeSet<String>,
    lists: BTreeSet<String>,
}

impl Stored for ErasedItem {
    const KIND: &'static str = "ERASED";
}

impl ErasedItem {
    fn new(contact: &Contact, now: DateTime<Utc>) -> Self {
        let is_withdrawn = match contact.consent.email {
            ConsentState::Withdrawn => true,
            ConsentState::Granted | ConsentState::Unknown => false,
        };
        Self {
            erased_at_ms: now.timestamp_millis(),
            consent: is_withdrawn.then(|| Consent { source: None, ..contact.consent.clone() }.into()),
            ttl: (!is_withdrawn).then(|| (now + ERASURE_KEPT).timestamp()),
            leaving: Some(RemainingMemberships {
                contact_id: contact.id.clone(),
                tags: names(&contact.tags),
                lists: names(&contact.lists),
            }),
        }
    }
}

impl RemainingMemberships {
    fn changes(&self) -> Vec<SetChange> {
        let labels = |names: &BTreeSet<String>| names.iter().cloned().map(Label::from).collect::<Vec<_>>();
        let tags = labels(&self.tags).into_iter().map(SetChange::RemoveTag);
        tags.chain(labels(&self.lists).into_iter().map(SetChange::RemoveFromList)).collect()
    }
}

fn names(labels: &BTreeSet<Label>) -> BTreeSet<String> {
    labels.iter().map(ToString::to_string).collect()
}

impl TenantStore {
    /// Erases a contact. Returns false and changes nothing if the contact has changed since it was read.
    pub(crate) async fn erase(&self, contact: &Contact, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let doing = "erasing a contact";
        let erased = to_item(self.keys.contact(contact.id.key()), &ErasedItem::new(contact, now), doing)?;
        let erase = self.table.put(erased).condition_expression("version = :version");
        let erase = erase.expression_attribute_values(":version", n(contact.version)).element(doing)?;
        let mut elements = vec![erase];
        for (due_at, is_last_pass) in [(now, false), (now + SECOND_PASS_AFTER, true)] {
            let purpose = Purpose::ContactErasure { contact_id: contact.id.clone(), is_last_pass, progress: None };
            elements.push(self.put_timer(&Timer { tenant_id: self.keys.tenant.clone(), due_at, purpose }, doing)?);
        }
        match self.commit(elements, Change::of(&contact.id).versions(contact.version, None), doing).await? {
            Transacted::Cancelled(_) => Ok(false),
            Transacted::Committed => self.remove_memberships(contact.id.key()).await.map(|_| true),
        }
    }

    /// Removes the remaining memberships of an erased contact. Returns false if there is nothing to do.
    pub(crate) async fn remove_memberships(&self, contact_key: &str) -> Result<bool, StoreError> {
        let doing = "completing the erasure of a contact";
        let item = self.table.raw(self.keys.contact(contact_key), doing).await?;
        let Some(item) = item.filter(|item| item.contains_key(LEAVING)) else { return Ok(false) };
        let ErasedItem { leaving: Some(leaving), erased_at_ms, .. } = from_item(item, doing)? else { return Ok(false) };
        let mut removals = Vec::new();
        for change in leaving.changes() {
            removals.push(self.membership(&leaving.contact_id, &change, doing)?);
        }
        for key in self.memberships_in_coupons(contact_key, doing).await? {
            removals.push(self.table.delete(key).element(doing)?);
        }
        for removals in removals.chunks(REMOVALS_PER_TRANSACTION) {
            let is_leaving = self.table.check(self.keys.contact(contact_key)).condition_expression(IS_LEAVING);
            let elements: Vec<TransactWriteItem> =
                [is_leaving.element(doing)?].into_iter().chain(removals.iter().cloned()).collect();
            if let Transacted::Cancelled(_) = self.table.transact(elements, doing).await? {
                // Another caller has completed the erasure meanwhile.
                return Ok(true);
            }
        }
        let done = self.table.update(self.keys.contact(contact_key)).update_expression("REMOVE leaving");
        // Idempotent: a repeated update does not complete a later erasure of the contact.
        let done = done.condition_expression("attribute_exists(leaving) AND erased_at_ms = :erased");
        let done = done.expression_attribute_values(":erased", n(erased_at_ms)).element(doing)?;
        self.table.transact(vec![done], doing).await?;
        Ok(true)
    }

    /// Returns the keys of a contact's memberships in the audiences of coupons.
    async fn memberships_in_coupons(&self, contact_key: &str, doing: &'static str) -> Result<Vec<Key>, StoreError> {
        let entries = self
            .table
            .query_index(self.keys.memberships(contact_key))
            .key_condition_expression("gsi1pk = :list")
            .into_paginator()
            .items()
            .send();
        let entries = entries.collect::<Result<Vec<_>, _>>().await;
        let entries = entries.map_err(|error| failed(doing)(error.into()))?;
        let key = |mut entry: Item| {
            let mut text = |name: &str| entry.remove(name)?.as_s().ok().cloned();
            Some(Key::new(text("pk")?, text("sk")?))
        };
        Ok(entries.into_iter().filter_map(key).collect())
    }
}
