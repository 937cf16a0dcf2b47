//! Stored forms of the order and the customer of a purchase.

use std::sync::Arc;

use couponflow_domain::kernel::money::Currency;
use couponflow_domain::kernel::personal::PersonalText;
use couponflow_domain::purchases::customer::{Customer, Email};
use couponflow_domain::purchases::order::{Line, Order, ProductType};
use serde::{Deserialize, Serialize};

/// Stored form of [`Order`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredOrder {
    pub(crate) id: String,
    currency: Currency,
    lines: Vec<StoredLine>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct StoredLine {
    product_id: String,
    #[serde(default)]
    collection_ids: Vec<String>,
    product_type: ProductType,
    quantity: i64,
    unit_amount: i64,
}

/// Stored form of [`Customer`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredCustomer {
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<Email>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<PersonalText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<PersonalText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<PersonalText>,
    /// Absent if the customer is verified.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unverified: bool,
}

impl From<Arc<Order>> for StoredOrder {
    /// Copies the order only if something else still refers to it.
    fn from(order: Arc<Order>) -> Self {
        let Order { id, currency, lines } = Arc::unwrap_or_clone(order);
        Self { id, currency, lines: lines.into_iter().map(StoredLine::from).collect() }
    }
}

impl From<StoredOrder> for Arc<Order> {
    fn from(stored: StoredOrder) -> Self {
        let StoredOrder { id, currency, lines } = stored;
        Self::new(Order { id, currency, lines: lines.into_iter().map(Line::from).collect() })
    }
}

impl From<Line> for StoredLine {
    fn from(line: Line) -> Self {
        let Line { product_id, collection_ids, product_type, quantity, unit_amount } = line;
        Self { product_id, collection_ids, product_type, quantity, unit_amount }
    }
}

impl From<StoredLine> for Line {
    fn from(stored: StoredLine) -> Self {
        let StoredLine { product_id, collection_ids, product_type, quantity, unit_amount } = stored;
        Self { product_id, collection_ids, product_type, quantity, unit_amount }
    }
}

impl From<Customer> for StoredCustomer {
    fn from(customer: Customer) -> Self {
        let Customer { email, id, first_name, last_name, verified } = customer;
        Self { email, id, first_name, last_name, unverified: !verified }
    }
}

impl From<StoredCustomer> for Customer {
    fn from(stored: StoredCustomer) -> Self {
        let StoredCustomer { email, id, first_name, last_name, unverified } = stored;
        Self { email, id, first_name, last_name, verified: !unverified }
    }
}
