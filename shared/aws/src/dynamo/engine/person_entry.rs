//! Index attributes that list an item under the person whose data the item contains.

use chrono::{DateTime, Utc};
use couponflow_domain::contacts::contact::contact_key;
use couponflow_domain::purchases::customer::Customer;

use super::tenant_keys::TenantKeys;

/// Values of `gsi1pk` and `gsi1sk`. Items without a customer have neither.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PersonEntry {
    pub(crate) gsi1pk: Option<String>,
    pub(crate) gsi1sk: Option<String>,
}

impl PersonEntry {
    /// Creates the entry of an item with the id `of`, in which the customer was named at `named_at`. An erasure redacts
    /// the items that were named before it, so the instant is the first part of the sort key.
    pub(crate) fn new(keys: &TenantKeys, customer: Option<&Customer>, of: &str, named_at: DateTime<Utc>) -> Self {
        customer.map_or_else(Self::default, |customer| Self::of_contact(keys, &contact_key(customer), of, named_at))
    }

    /// Creates the entry of an item that belongs to the contact with this key.
    pub(crate) fn of_contact(keys: &TenantKeys, contact_key: &str, of: &str, named_at: DateTime<Utc>) -> Self {
        Self { gsi1pk: Some(keys.person(contact_key)), gsi1sk: Some(format!("{}#{of}", sort_key_start(named_at))) }
    }
}

/// Returns the start of the sort keys of the items that were named at an instant.
pub(crate) fn sort_key_start(named_at: DateTime<Utc>) -> String {
    format!("{:015}", named_at.timestamp_millis())
}
