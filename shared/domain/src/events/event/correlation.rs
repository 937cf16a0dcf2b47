//! Correlation keys. A correlation key links events of the same order or customer, even if the
//! events name different e-mail addresses.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Event;
use crate::contacts::contact::Contact;
use crate::kernel::digest::key80;
use crate::purchases::customer::Customer;

/// Digest of an order id or of a customer id. Two events with the same key are about the same order
/// or customer. A workflow execution that waits for an event has the keys of the event that started
/// the execution. Other events with one of these keys can end the wait.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CorrelationKey(String);

impl CorrelationKey {
    /// Returns the key of an order. `order_id` is the shop's id of the order.
    pub fn of_order(order_id: &str) -> Self {
        Self(key80(&["order", order_id]))
    }

    /// Returns the key of a customer. `customer_id` is the shop's id of the customer.
    pub fn of_customer(customer_id: &str) -> Self {
        Self(key80(&["id", customer_id]))
    }

    /// Returns the digest as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Event {
    /// Returns the keys of the event: the key of its order, and the keys of the customer ids in the
    /// event and in its contact.
    pub fn correlation_keys(&self, contact: Option<&Contact>) -> BTreeSet<CorrelationKey> {
        let order = self.data.order.as_ref().map(|order| CorrelationKey::of_order(&order.id));
        order.into_iter().chain(person_keys(self.data.customer.as_ref(), contact)).collect()
    }
}

/// Returns the keys of the customer ids in an event and in its contact. An e-mail address needs no
/// key, because the contact is found by its address.
pub(crate) fn person_keys(customer: Option<&Customer>, contact: Option<&Contact>) -> BTreeSet<CorrelationKey> {
    let said = customer.and_then(|customer| customer.id.as_deref());
    let known = contact.and_then(|contact| contact.customer_id.as_deref());
    said.into_iter().chain(known).map(CorrelationKey::of_customer).collect()
}
