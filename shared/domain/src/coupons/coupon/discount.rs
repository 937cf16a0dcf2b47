//! Discounts: the reduction of an order's price by a redemption, and the order lines to which the
//! discount applies.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kernel::input::{Errors, Field};
use crate::kernel::money::{Currency, MAX_AMOUNT, Money};
use crate::kernel::percentage::{InvalidPercentage, Percentage};
use crate::purchases::order::{Line, ProductType};

/// Maximum number of currencies of a discount, and of a list of amounts.
pub(super) const MAX_CURRENCIES: usize = 50;

/// Permitted numbers of amounts in a list of amounts.
pub(super) const AMOUNT_LIST: RangeInclusive<usize> = 1..=MAX_CURRENCIES;

/// Permitted amounts of a discount in minor units.
pub(super) const AMOUNTS_OFF: RangeInclusive<i64> = 1..=MAX_AMOUNT;

/// Permitted numbers of products of a restriction, and of its collections.
pub(super) const PRODUCT_IDS: RangeInclusive<usize> = 0..=500;

/// Permitted numbers of product types of a restriction.
pub(super) const PRODUCT_TYPES: RangeInclusive<usize> = 0..=2;

/// Percentage or amount that a redemption takes off an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Discount {
    /// Takes a percentage off the lines that the coupon applies to.
    #[schemars(title = "PercentageDiscount")]
    Percentage {
        /// Percentage to take off.
        percent_off: Percentage,
    },
    /// Takes a fixed amount off the lines that the coupon applies to, at most their total.
    #[schemars(title = "FixedAmountDiscount")]
    FixedAmount {
        /// Amount in minor units of `currency`.
        amount_off: i64,
        /// First currency of the coupon. Orders must be in this currency or in one of
        /// `currency_options`.
        currency: Currency,
        /// Amounts for orders in other currencies, by currency code.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        #[schemars(
            title = "CurrencyOptions",
            with = "BTreeMap<String, AmountOff>",
            extend("propertyNames" = {"pattern": "^[A-Z]{3}$"})
        )]
        currency_options: BTreeMap<Currency, AmountOff>,
    },
}

/// Amount for orders in a currency of `currency_options`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct AmountOff {
    /// Amount in minor units.
    pub amount_off: i64,
}

/// A percentage, or an amount with its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum CouponValue {
    /// Percentage to take off.
    Percent(Percentage),
    /// Amount to take off.
    Amount(Money),
}

/// Kind of discount: `percentage` or `fixed_amount`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CouponType {
    /// Takes a percentage off the order.
    Percentage,
    /// Takes a fixed amount off the order.
    FixedAmount,
}

impl CouponType {
    fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "percentage" => Ok(Self::Percentage),
            "fixed_amount" => Ok(Self::FixedAmount),
            _ => Err("must be \"percentage\" or \"fixed_amount\""),
        }
    }
}

impl Discount {
    /// Returns the kind of the discount.
    pub fn kind(&self) -> CouponType {
        match self {
            Self::Percentage { .. } => CouponType::Percentage,
            Self::FixedAmount { .. } => CouponType::FixedAmount,
        }
    }

    /// Returns the percentage, or the amount in the coupon's first currency.
    pub fn value(&self) -> CouponValue {
        match self {
            Self::Percentage { percent_off } => CouponValue::Percent(*percent_off),
            Self::FixedAmount { amount_off, currency, .. } => CouponValue::Amount(Money::new(*amount_off, *currency)),
        }
    }

    /// Returns the percentage, or the amount in `currency`. `None` if the discount has no amount in
    /// that currency.
    pub fn value_in(&self, currency: Currency) -> Option<CouponValue> {
        match self {
            Self::Percentage { .. } => Some(self.value()),
            Self::FixedAmount { currency: first, .. } if *first == currency => Some(self.value()),
            Self::FixedAmount { currency_options, .. } => {
                let option = currency_options.get(&currency)?;
                Some(CouponValue::Amount(Money::new(option.amount_off, currency)))
            }
        }
    }

    /// Returns the currencies in which the coupon accepts orders. `None` means any currency.
    pub fn currencies(&self) -> Option<Vec<Currency>> {
        match self {
            Self::Percentage { .. } => None,
            Self::FixedAmount { currency, currency_options, .. } => {
                Some(std::iter::once(*currency).chain(currency_options.keys().copied()).collect())
            }
        }
    }

    /// Reads and validates a discount.
    pub(super) fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        match field.get("type").parse(CouponType::parse, errors)? {
            CouponType::Percentage => {
                field.object(&["type", "percent_off"], errors)?;
                let percent_off = field.get("percent_off");
                let number = percent_off.value().and_then(Value::as_number);
                match number.and_then(|number| Percentage::from_number(number).ok()) {
                    Some(percent_off) => Some(Self::Percentage { percent_off }),
                    None => percent_off.reject(InvalidPercentage, errors),
                }
            }
            CouponType::FixedAmount => {
                field.object(&["type", "amount_off", "currency", "currency_options"], errors)?;
                let amount_off = field.get("amount_off").integer(AMOUNTS_OFF, errors);
                let currency = field.get("currency").parse(Currency::parse, errors);
                let options = field.get("currency_options");
                let currency_options =
                    options.optional(errors, |field, errors| read_currency_options(field, currency, errors));
                Some(Self::FixedAmount {
                    amount_off: amount_off?,
                    currency: currency?,
                    currency_options: currency_options?.unwrap_or_default(),
                })
            }
        }
    }
}

fn read_currency_options(
    field: &Field<'_>,
    first: Option<Currency>,
    errors: &mut Errors,
) -> Option<BTreeMap<Currency, AmountOff>> {
    let Some(map) = field.value().and_then(Value::as_object).filter(|map| map.len() < MAX_CURRENCIES) else {
        return field.reject(
            format_args!(
                "must be an object of at most {} currencies: {{\"EUR\": {{\"amount_off\": 2800}}}}",
                MAX_CURRENCIES - 1
            ),
            errors,
        );
    };
    let read: Vec<_> = map
        .keys()
        .map(|code| {
            let option = field.get(code);
            let currency = Currency::parse(code).or_else(|unknown| option.reject(unknown, errors).ok_or(())).ok();
            if currency.is_some() && currency == first {
                return option.reject("is the first currency of the coupon; set its amount in amount_off", errors);
            }
            option.object(&["amount_off"], errors)?;
            let amount_off = option.get("amount_off").integer(AMOUNTS_OFF, errors)?;
            Some((currency?, AmountOff { amount_off }))
        })
        .collect();
    read.into_iter().collect()
}

/// Restriction of a coupon to certain lines of an order. If all lists are empty, the coupon applies
/// to every line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(default)]
pub struct AppliesTo {
    /// Product ids. A line matches if its product is listed here or is in one of `collections`.
    pub products: Vec<String>,
    /// Collection ids. If `products` and `collections` are both empty, every product matches.
    pub collections: Vec<String>,
    /// Product types. If the list is not empty, a line must also have one of these types.
    pub product_types: Vec<ProductType>,
}

impl AppliesTo {
    /// Whether the coupon applies to `line`.
    pub fn includes(&self, line: &Line) -> bool {
        let any_product = self.products.is_empty() && self.collections.is_empty();
        let product = any_product
            || self.products.contains(&line.product_id)
            || line.collection_ids.iter().any(|id| self.collections.contains(id));
        product && (self.product_types.is_empty() || self.product_types.contains(&line.product_type))
    }

    pub(super) fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["products", "collections", "product_types"], errors)?;
        let products = field.get("products").string_list(PRODUCT_IDS, errors);
        let collections = field.get("collections").string_list(PRODUCT_IDS, errors);
        let each = |field: &Field<'_>, errors: &mut Errors| field.parse(ProductType::parse, errors);
        let types =
            field.get("product_types").optional(errors, |field, errors| field.list(PRODUCT_TYPES, errors, each));
        Some(Self { products: products?, collections: collections?, product_types: types?.unwrap_or_default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_matches_by_product_or_collection_and_by_type() {
        let line = Line {
            product_id: "p1".into(),
            collection_ids: vec!["summer".into()],
            product_type: ProductType::OneTime,
            quantity: 1,
            unit_amount: 1,
        };
        let to = |products: &[&str], collections: &[&str], product_types: &[ProductType]| AppliesTo {
            products: products.iter().map(|s| (*s).to_owned()).collect(),
            collections: collections.iter().map(|s| (*s).to_owned()).collect(),
            product_types: product_types.to_vec(),
        };
        assert!(to(&[], &[], &[]).includes(&line));
        assert!(to(&["p2"], &["summer"], &[]).includes(&line));
        assert!(!to(&["p2"], &[], &[]).includes(&line));
        assert!(!to(&["p1"], &[], &[ProductType::Recurring]).includes(&line));
    }
}
