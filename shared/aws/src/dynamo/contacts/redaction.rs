//! Removes the data of an erased contact from stored records, page by page.
//!
//! Four lists lead to the records. Two lists belong to the contact: the items with data of a person, and the events of a
//! contact. The other two are the tenant's executions and redemptions, whose sort keys contain the key of the contact.
//! These two lists are read as a whole, but only their keys, and they also find the records that earlier versions of
//! couponflow stored.

mod by_customer;
mod events;
mod executions;
mod purchases;

use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Utc};
use couponflow_app::contacts::ports::RedactedPage;
use couponflow_app::kernel::error::{StoreError, chain};
use couponflow_domain::contacts::contact::contact_keys;
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::kernel::ids::ContactId;
use couponflow_domain::purchases::customer::Customer;
use futures_util::stream;
use futures_util::stream::TryStreamExt as _;

use crate::dynamo::engine::instant::instant;
use crate::dynamo::engine::item::{Item, s};
use crate::dynamo::engine::key::Key;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::dynamo::purchases::listing;
use crate::failure::failed;

const DOING: &str = "removing the data of an erased contact";

/// Maximum number of records that are redacted concurrently.
const CONCURRENCY: usize = 16;

/// List of records that can contain data of a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case", const_into_str)]
enum Records {
    /// Applications, rejected attempts, coupons and recorded answers.
    Person,
    /// Entries of the event log.
    Events,
    /// All executions of the tenant.
    Executions,
    /// All redemptions of the tenant.
    Redemptions,
}

impl Records {
    /// The list that is read after this list.
    fn next(self) -> Option<Self> {
        match self {
            Self::Person => Some(Self::Events),
            Self::Events => Some(Self::Executions),
            Self::Executions => Some(Self::Redemptions),
            Self::Redemptions => None,
        }
    }

    /// Maximum number of entries of a page. Most entries of the tenant's lists belong to other contacts, and reading
    /// them costs no further call.
    fn page(self) -> i32 {
        match self {
            Self::Person | Self::Events => 100,
            Self::Executions | Self::Redemptions => 1000,
        }
    }
}

/// A contact that was erased.
struct ErasedContact<'a> {
    key: &'a str,
    /// Data that was named later belongs to a contact that was created again.
    erased_at: DateTime<Utc>,
}

impl ErasedContact<'_> {
    /// Whether the customer is the contact.
    fn is(&self, customer: Option<&Customer>) -> bool {
        customer.is_some_and(|customer| contact_keys(customer).iter().any(|key| key == self.key))
    }
}

/// Entry of a list.
struct Entry {
    key: Key,
    sort_key: String,
}

impl TenantStore {
    /// Redacts the records of one page. `after` is the list and the last sort key of the page before.
    pub(crate) async fn redact_page(
        &self,
        contact: &ContactId,
        after: Option<&Cursor>,
        now: DateTime<Utc>,
    ) -> Result<RedactedPage, StoreError> {
        let after = after.and_then(|after| after.as_str().split_once(':'));
        let (records, after) = match after.and_then(|(list, after)| Some((list.parse::<Records>().ok()?, after))) {
            Some((records, after)) => (records, after),
            None => (Records::Person, ""),
        };
        let erased = ErasedContact { key: contact.key(), erased_at: self.erased_at(contact).await?.unwrap_or(now) };
        let (entries, last) = self.page_of_records(records, &erased, after).await?;
        let redacted = AtomicUsize::new(0);
        stream::iter(entries.iter().filter(|entry| is_of(records, entry, erased.key)).map(Ok))
            .try_for_each_concurrent(CONCURRENCY, async |entry| {
                let is_redacted = self.redact(records, entry, &erased, now).await?;
                redacted.fetch_add(usize::from(is_redacted), Ordering::Relaxed);
                Ok::<_, StoreError>(())
            })
            .await?;
        let next = last.map(|last| (records, last)).or_else(|| Some((records.next()?, String::new())));
        let next_after = next.map(|(records, last)| Cursor::new(format!("{}:{last}", records.into_str())));
        Ok(RedactedPage { redacted: redacted.into_inner(), next_after })
    }

    /// Returns the instant of the latest erasure of a contact with this key.
    async fn erased_at(&self, contact: &ContactId) -> Result<Option<DateTime<Utc>>, StoreError> {
        let item = self.table.raw(self.keys.contact(contact.key()), DOING).await?;
        let ms = item.and_then(|item| item.get("erased_at_ms")?.as_n().ok()?.parse().ok());
        Ok(ms.map(instant))
    }

    /// Reads one page of a list. Also returns the last sort key if more entries follow.
    async fn page_of_records(
        &self,
        records: Records,
        erased: &ErasedContact<'_>,
        after: &str,
    ) -> Result<(Vec<Entry>, Option<String>), StoreError> {
        let list = match records {
            Records::Person => self.keys.person(erased.key),
            Records::Events => self.keys.events_of_contact(erased.key),
            Records::Executions => self.keys.list("executions"),
            Records::Redemptions => self.keys.list(listing::LIST),
        };
        let answer = self
            .table
            .query_index(list)
            .key_condition_expression("gsi1pk = :list AND gsi1sk > :after")
            // A space sorts before every sort key.
            .expression_attribute_values(":after", s(if after.is_empty() { " " } else { after }))
            .limit(records.page())
            .send()
            .await
            .map_err(|error| failed(DOING)(error.into()))?;
        let sort_key = |item: &Item| item.get("gsi1sk")?.as_s().ok().cloned();
        let last = answer.last_evaluated_key().and_then(sort_key);
        let entry = |item: &Item| Some(Entry { key: Key::of(item)?, sort_key: sort_key(item)? });
        Ok((answer.items().iter().filter_map(entry).collect(), last))
    }

    /// Redacts the record of an entry. Returns false if the record has no data of the contact. A record that cannot be
    /// read is logged.
    async fn redact(
        &self,
        records: Records,
        entry: &Entry,
        erased: &ErasedContact<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let redacted = match records {
            Records::Person => self.redact_listed_item(entry, erased).await,
            Records::Events => self.redact_event(&entry.sort_key, erased).await,
            Records::Executions => self.redact_execution(&entry.sort_key, erased, now).await,
            Records::Redemptions => self.redact_redemption(&entry.sort_key, erased).await,
        };
        match redacted {
            Err(error @ StoreError::Damaged { .. }) => {
                let records = records.into_str();
                tracing::error!(tenant.id = %self.keys.tenant, records, error = %chain(&error), "Could not redact a record");
                Ok(false)
            }
            redacted => redacted,
        }
    }
}

/// Whether an entry can belong to the contact. The lists of a contact contain no other entries.
fn is_of(records: Records, entry: &Entry, contact_key: &str) -> bool {
    match records {
        Records::Person | Records::Events => true,
        Records::Executions | Records::Redemptions => entry.sort_key.split('#').skip(1).any(|part| part == contact_key),
    }
}
