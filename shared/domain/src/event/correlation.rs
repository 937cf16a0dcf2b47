//! What events of one purchase, or of one person, have in common, whatever address each of them names.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Event;
use crate::contact::Contact;
use crate::customer::Customer;
use crate::digest::key80;

/// A digest of an order's id or of a customer's id. Two events that share a key are about the same purchase, or the same
/// person: an execution that one of them began hears of the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CorrelationKey(String);

impl CorrelationKey {
    /// The key of an order, by the shop's id.
    pub fn of_order(order_id: &str) -> Self {
        Self(key80(&["order", order_id]))
    }

    /// The key of a customer, by the shop's id.
    pub fn of_customer(customer_id: &str) -> Self {
        Self(key80(&["id", customer_id]))
    }

    /// The digest.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Event {
    /// The keys of the event: its order, the id that it names its customer by, and the id that is known of its contact.
    pub fn correlation_keys(&self, contact: Option<&Contact>) -> BTreeSet<CorrelationKey> {
        let order = self.data.order.as_ref().map(|order| CorrelationKey::of_order(&order.id));
        order.into_iter().chain(person_keys(self.data.customer.as_ref(), contact)).collect()
    }
}

/// The keys of a person: the ids that an event and their contact know them by. An address needs none: a contact is found
/// by it.
pub(crate) fn person_keys(customer: Option<&Customer>, contact: Option<&Contact>) -> BTreeSet<CorrelationKey> {
    let said = customer.and_then(|customer| customer.id.as_deref());
    let known = contact.and_then(|contact| contact.customer_id.as_deref());
    said.into_iter().chain(known).map(CorrelationKey::of_customer).collect()
}
