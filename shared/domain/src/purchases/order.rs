//! Orders that codes are applied to.

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kernel::input::{Errors, Field, STRING_LENGTH, parse_text};
use crate::kernel::json_schema;
use crate::kernel::money::{AMOUNTS, Currency, MAX_AMOUNT, Money};

/// Permitted quantities of a line.
pub(super) const QUANTITIES: RangeInclusive<i64> = 1..=1_000_000;
/// Permitted numbers of lines of an order.
pub(super) const LINES: RangeInclusive<usize> = 1..=500;
/// Permitted numbers of collections of a line.
pub(super) const COLLECTIONS: RangeInclusive<usize> = 0..=50;
/// Permitted lengths of the shop's id of an order, in characters.
const ORDER_ID_LENGTH: RangeInclusive<usize> = 1..=100;

/// How a product is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProductType {
    /// One-time purchase.
    OneTime,
    /// Subscription with recurring payments.
    Recurring,
}

impl ProductType {
    /// Parses `one_time` or `recurring`.
    ///
    /// # Errors
    /// Returns an error if the text is neither name.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "one_time" => Ok(Self::OneTime),
            "recurring" => Ok(Self::Recurring),
            _ => Err("must be \"one_time\" or \"recurring\""),
        }
    }
}

impl fmt::Display for ProductType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OneTime => "one_time",
            Self::Recurring => "recurring",
        })
    }
}

/// One line of an order: a quantity of one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Line {
    /// The shop's product id.
    pub product_id: String,
    /// The shop's ids of the collections that contain the product.
    #[serde(default)]
    pub collection_ids: Vec<String>,
    /// Whether the product is paid for once or is a subscription.
    pub product_type: ProductType,
    /// Number of units, at least 1.
    pub quantity: i64,
    /// Price of one unit in minor units, before any discount.
    pub unit_amount: i64,
}

impl Line {
    /// Returns the value of the line in minor units, before any discount. The value is at most
    /// 10¹⁸, which fits into `i64`.
    pub fn value(&self) -> i64 {
        self.quantity * self.unit_amount
    }

    fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["product_id", "collection_ids", "product_type", "quantity", "unit_amount"], errors)?;
        let product_id = field.get("product_id").text(STRING_LENGTH, errors);
        let collection_ids = field.get("collection_ids").string_list(COLLECTIONS, errors);
        let product_type =
            field.get("product_type").optional(errors, |field, errors| field.parse(ProductType::parse, errors));
        let quantity = field.get("quantity").integer(QUANTITIES, errors);
        let unit_amount = field.get("unit_amount").integer(AMOUNTS, errors);
        Some(Self {
            product_id: product_id?.to_owned(),
            collection_ids: collection_ids?,
            product_type: product_type?.unwrap_or(ProductType::OneTime),
            quantity: quantity?,
            unit_amount: unit_amount?,
        })
    }
}

/// An order, as the shop sends it. Its total value is at most 10¹² minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Order {
    /// The shop's id of the order or cart, unique per tenant.
    pub id: String,
    /// Currency of all amounts in the order.
    pub currency: Currency,
    /// Lines of the order, at least one.
    pub lines: Vec<Line>,
}

impl Order {
    /// Returns the value of the order before any discount.
    pub fn value(&self) -> Money {
        Money::new(self.lines.iter().map(Line::value).sum(), self.currency)
    }

    /// Returns the request schema of the shop's id of an order.
    pub fn id_schema(description: &str) -> Value {
        json_schema::text(ORDER_ID_LENGTH, description)
    }

    /// Parses the shop's id of an order from a query parameter.
    ///
    /// # Errors
    /// Returns what is wrong with the text.
    pub fn parse_id(text: &str) -> Result<String, String> {
        parse_text(text, ORDER_ID_LENGTH)
    }

    /// Reads and validates an order.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["id", "currency", "lines"], errors)?;
        let id = field.get("id").text(ORDER_ID_LENGTH, errors);
        let currency = field.get("currency").parse(Currency::parse, errors);
        let lines = field.get("lines").list(LINES, errors, Line::read);
        let order = Self { id: id?.to_owned(), currency: currency?, lines: lines? };
        let value: i128 = order.lines.iter().map(|line| i128::from(line.quantity) * i128::from(line.unit_amount)).sum();
        if value > i128::from(MAX_AMOUNT) {
            return field
                .get("lines")
                .reject(format_args!("must have a total value of at most {MAX_AMOUNT} minor units"), errors);
        }
        Some(order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pointers(document: serde_json::Value) -> Vec<String> {
        crate::kernel::input::read(&document, Order::read).unwrap_err().into_iter().map(|e| e.pointer).collect()
    }

    #[test]
    fn every_invalid_field_is_reported() {
        let line = json!({"product_id": "", "quantity": -2, "unit_amount": 1.5, "product_type": "rent"});
        assert_eq!(
            pointers(json!({"id": "o", "currency": "XXY", "lines": [line]})),
            ["/currency", "/lines/0/product_id", "/lines/0/product_type", "/lines/0/quantity", "/lines/0/unit_amount"]
        );
    }

    #[test]
    fn order_above_maximum_value_is_rejected_without_overflow() {
        let line = json!({"product_id": "p", "quantity": 1_000_000, "unit_amount": 1_000_000_000_000_i64});
        assert_eq!(pointers(json!({"id": "o", "currency": "USD", "lines": [line]})), ["/lines"]);
    }
}
