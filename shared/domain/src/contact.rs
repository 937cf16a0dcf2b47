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
    /// When it was first seen.
    pub created_at: DateTime<Utc>,
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
