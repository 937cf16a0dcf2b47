//! Stored forms of the order and the customer of a purchase.

use std::borrow::Cow;
use std::sync::Arc;

use couponflow_domain::kernel::money::Currency;
use couponflow_domain::kernel::personal::PersonalText;
use couponflow_domain::purchases::customer::{Customer, Email};
use couponflow_domain::purchases::order::{Line, Order, ProductType};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Stored form of [`Order`], which is serialised as an [`OrderForm`]. Shares the order, because a copy of an order with
/// many lines costs time on every redeem.
#[derive(Debug, Clone)]
pub(crate) struct StoredOrder(Arc<Order>);

/// Members of a stored order. Borrows the texts of an order that is written.
#[derive(Serialize, Deserialize)]
struct OrderForm<'a> {
    id: Cow<'a, str>,
    currency: Currency,
    lines: Vec<LineForm<'a>>,
}

#[derive(Serialize, Deserialize)]
struct LineForm<'a> {
    product_id: Cow<'a, str>,
    #[serde(default)]
    collection_ids: Cow<'a, [String]>,
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

impl StoredOrder {
    /// The shop's id of the order.
    pub(crate) fn id(&self) -> &str {
        &self.0.id
    }
}

impl From<Arc<Order>> for StoredOrder {
    fn from(order: Arc<Order>) -> Self {
        Self(order)
    }
}

impl From<StoredOrder> for Arc<Order> {
    fn from(stored: StoredOrder) -> Self {
        stored.0
    }
}

impl Serialize for StoredOrder {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Order { id, currency, lines } = &*self.0;
        let (id, lines) = (Cow::Borrowed(id.as_str()), lines.iter().map(LineForm::from).collect());
        OrderForm { id, currency: *currency, lines }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for StoredOrder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let OrderForm { id, currency, lines } = OrderForm::deserialize(deserializer)?;
        let lines = lines.into_iter().map(Line::from).collect();
        Ok(Self(Arc::new(Order { id: id.into_owned(), currency, lines })))
    }
}

impl<'a> From<&'a Line> for LineForm<'a> {
    fn from(line: &'a Line) -> Self {
        let Line { product_id, collection_ids, product_type, quantity, unit_amount } = line;
        Self {
            product_id: Cow::Borrowed(product_id.as_str()),
            collection_ids: Cow::Borrowed(collection_ids.as_slice()),
            product_type: *product_type,
            quantity: *quantity,
            unit_amount: *unit_amount,
        }
    }
}

impl From<LineForm<'_>> for Line {
    fn from(form: LineForm<'_>) -> Self {
        let LineForm { product_id, collection_ids, product_type, quantity, unit_amount } = form;
        let (product_id, collection_ids) = (product_id.into_owned(), collection_ids.into_owned());
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
