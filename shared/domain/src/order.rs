//! The order a code is applied to.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::input::{Errors, Field};
use crate::money::{Currency, MAX_AMOUNT, Money};

const MAX_QUANTITY: i64 = 1_000_000;
const MAX_LINES: usize = 500;

/// How a product is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProductType {
    /// Paid once.
    OneTime,
    /// A subscription.
    Recurring,
}

impl ProductType {
    /// # Errors
    /// For anything but the two names.
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
    /// The shop's id of the product.
    pub product_id: String,
    /// The shop's ids of the collections that the product is in.
    #[serde(default)]
    pub collection_ids: Vec<String>,
    /// Paid once or recurring.
    pub product_type: ProductType,
    /// How many, at least one.
    pub quantity: i64,
    /// Minor units for one, before any discount.
    pub unit_amount: i64,
}

impl Line {
    /// Minor units of the whole line, before any discount. At most 10¹⁸, so it fits.
    pub fn value(&self) -> i64 {
        self.quantity * self.unit_amount
    }

    fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["product_id", "collection_ids", "product_type", "quantity", "unit_amount"], errors)?;
        let product_id = field.get("product_id").text(1..=200, errors);
        let collection_ids = field.get("collection_ids").texts(50, errors);
        let product_type =
            field.get("product_type").optional(errors, |field, errors| field.parse(ProductType::parse, errors));
        let quantity = field.get("quantity").integer(1..=MAX_QUANTITY, errors);
        let unit_amount = field.get("unit_amount").integer(0..=MAX_AMOUNT, errors);
        Some(Self {
            product_id: product_id?.to_owned(),
            collection_ids: collection_ids?,
            product_type: product_type?.unwrap_or(ProductType::OneTime),
            quantity: quantity?,
            unit_amount: unit_amount?,
        })
    }
}

/// An order as the storefront describes it, worth at most [`MAX_AMOUNT`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Order {
    /// The shop's id of the order or cart, unique per tenant.
    pub id: String,
    /// The currency of every amount in it.
    pub currency: Currency,
    /// At least one line.
    pub lines: Vec<Line>,
}

impl Order {
    /// What the order costs before any discount.
    pub fn value(&self) -> Money {
        Money::new(self.lines.iter().map(Line::value).sum(), self.currency)
    }

    /// Reads and checks an order.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["id", "currency", "lines"], errors)?;
        let id = field.get("id").text(1..=100, errors);
        let currency = field.get("currency").parse(Currency::parse, errors);
        let lines = field.get("lines").list(1..=MAX_LINES, errors, Line::read);
        let order = Self { id: id?.to_owned(), currency: currency?, lines: lines? };
        let value: i128 = order.lines.iter().map(|line| i128::from(line.quantity) * i128::from(line.unit_amount)).sum();
        if value > i128::from(MAX_AMOUNT) {
            return field.get("lines").refuse(format_args!("must be worth at most {MAX_AMOUNT} together"), errors);
        }
        Some(order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pointers(document: serde_json::Value) -> Vec<String> {
        crate::input::read(&document, Order::read).unwrap_err().into_iter().map(|e| e.pointer).collect()
    }

    #[test]
    fn every_faulty_field_is_named() {
        let line = json!({"product_id": "", "quantity": -2, "unit_amount": 1.5, "product_type": "rent"});
        assert_eq!(
            pointers(json!({"id": "o", "currency": "XXY", "lines": [line]})),
            ["/currency", "/lines/0/product_id", "/lines/0/product_type", "/lines/0/quantity", "/lines/0/unit_amount"]
        );
    }

    #[test]
    fn an_order_beyond_any_price_is_refused_before_it_overflows() {
        let line = json!({"product_id": "p", "quantity": 1_000_000, "unit_amount": 1_000_000_000_000_i64});
        assert_eq!(pointers(json!({"id": "o", "currency": "USD", "lines": [line]})), ["/lines"]);
    }
}
