//! The contact: a customer as automation sees it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::customer::{Customer, Email};
use crate::digest::{bits80, key80};
use crate::ids::ContactId;

/// A customer with what automation knows of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Its id: one per e-mail address, or per customer id where there is no address.
    pub id: ContactId,
    /// Where mail reaches them.
    pub email: Option<Email>,
    /// The shop's id.
    pub customer_id: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// Tags, a set.
    pub tags: BTreeSet<String>,
    /// Lists.
    #[serde(default)]
    pub lists: BTreeSet<String>,
    /// Zone.
    #[serde(default)]
    pub time_zone: Option<crate::coupon::ZoneName>,
    /// Locale.
    #[serde(default)]
    pub locale: Option<String>,
    /// Consent.
    #[serde(default)]
    pub consent: Consent,
    /// Executions that are told.
    #[serde(default)]
    pub listening: BTreeSet<crate::ids::ExecutionId>,
    /// When it was first seen.
    pub created_at: DateTime<Utc>,
}

impl Contact {
    /// The contact as events name a customer.
    pub fn customer(&self) -> Customer {
        Customer {
            email: self.email.clone(),
            id: self.customer_id.clone(),
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
        }
    }
}

/// Consent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {}
impl Consent {
    /// Withdrawn.
    pub fn is_withdrawn(&self) -> bool {
        false
    }
}
/// Url.
pub fn unsubscribe_url(_: &str, _: &crate::tenant::TenantId, _: &Contact) -> String {
    String::new()
}

/// A change of a contact's tags or lists.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "change", content = "name", rename_all = "snake_case")]
pub enum SetChange {
    /// A tag is there.
    AddTag(String),
    /// A tag is gone.
    RemoveTag(String),
    /// The contact is on a list.
    AddToList(String),
    /// The contact is off a list.
    RemoveFromList(String),
}

impl SetChange {
    /// Names it among the changes of a contact.
    pub fn key(&self) -> String {
        match self {
            Self::AddTag(tag) => key80(&["add_tag", tag]),
            Self::RemoveTag(tag) => key80(&["remove_tag", tag]),
            Self::AddToList(list) => key80(&["add_to_list", list]),
            Self::RemoveFromList(list) => key80(&["remove_from_list", list]),
        }
    }
}

/// What makes a contact the same one: the normalised address, else the shop's id.
fn nature(customer: &Customer) -> [String; 2] {
    match (&customer.email, &customer.id) {
        (Some(email), _) => ["email".into(), email.normalised()],
        (None, id) => ["id".into(), id.clone().unwrap_or_default()],
    }
}

/// The storage key of a customer's contact; equals [`ContactId::key`].
pub fn contact_key(customer: &Customer) -> String {
    let [kind, value] = nature(customer);
    key80(&[&kind, &value])
}

/// The id of a customer's contact, where it is made at `now`.
pub fn contact_id(customer: &Customer, now: DateTime<Utc>) -> ContactId {
    let [kind, value] = nature(customer);
    ContactId::new(now, bits80(&[&kind, &value]))
}
