//! The terms: what an operator decides about a coupon.

use std::collections::BTreeMap;

use chrono::{DateTime, SubsecRound as _, Utc};
use serde::{Deserialize, Serialize};

use crate::code::CouponCode;
use crate::ids::CouponId;
use crate::input::{Errors, Field};
use crate::money::{Currency, MAX_AMOUNT, Money};
use crate::order::{Line, ProductType};
use crate::percentage::Percentage;
use crate::purchase::RollbackReason;

const MAX_LIMIT: i64 = 1_000_000_000;

/// What a redemption takes off an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Discount {
    /// A share of the eligible lines.
    Percentage {
        /// The share.
        percent_off: Percentage,
    },
    /// A fixed amount, at most what the eligible lines cost.
    FixedAmount {
        /// Minor units.
        amount_off: i64,
        /// Their currency; the order must be in the same.
        currency: Currency,
    },
}

impl Discount {
    /// Reads and checks a discount.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        let kinds = "must be \"percentage\" or \"fixed_amount\"";
        let kind = field.get("type").parse(|kind| Ok::<_, &str>(kind.to_owned()), errors)?;
        match kind.as_str() {
            "percentage" => {
                field.object(&["type", "percent_off"], errors)?;
                let percent_off = field.get("percent_off");
                let number = percent_off.value().and_then(serde_json::Value::as_number);
                let read = number.and_then(|number| Percentage::from_number(number).ok());
                match read {
                    Some(percent_off) => Some(Self::Percentage { percent_off }),
                    None => percent_off.refuse(crate::percentage::InvalidPercentage, errors),
                }
            }
            "fixed_amount" => {
                field.object(&["type", "amount_off", "currency"], errors)?;
                let amount_off = field.get("amount_off").integer(1..=MAX_AMOUNT, errors);
                let currency = field.get("currency").parse(Currency::parse, errors);
                Some(Self::FixedAmount { amount_off: amount_off?, currency: currency? })
            }
            _ => field.get("type").refuse(kinds, errors),
        }
    }
}

/// Which lines a coupon applies to. An empty list asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct AppliesTo {
    /// Product ids.
    pub products: Vec<String>,
    /// Collection ids. A line is meant by `products` or by `collections`, where either is given.
    pub collections: Vec<String>,
    /// Product types; asked for in addition.
    pub product_types: Vec<ProductType>,
}

impl AppliesTo {
    /// Whether the coupon applies to the line.
    pub fn includes(&self, line: &Line) -> bool {
        let any_product = self.products.is_empty() && self.collections.is_empty();
        let product = any_product
            || self.products.contains(&line.product_id)
            || line.collection_ids.iter().any(|id| self.collections.contains(id));
        product && (self.product_types.is_empty() || self.product_types.contains(&line.product_type))
    }

    fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["products", "collections", "product_types"], errors)?;
        let products = field.get("products").texts(500, errors);
        let collections = field.get("collections").texts(500, errors);
        let each = |field: &Field<'_>, errors: &mut Errors| field.parse(ProductType::parse, errors);
        let types = field.get("product_types").optional(errors, |field, errors| field.list(0..=2, errors, each));
        Some(Self { products: products?, collections: collections?, product_types: types?.unwrap_or_default() })
    }
}

/// What an operator decided about a coupon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Terms {
    /// The shared code.
    pub code: CouponCode,
    /// The operator's name for it.
    pub name: String,
    /// What it takes off.
    pub discount: Discount,
    /// How many redemptions are permitted in all; none means any number.
    pub max_redemptions: Option<i64>,
    /// How many are permitted to one customer.
    pub max_redemptions_per_customer: Option<i64>,
    /// From when on it is valid.
    pub starts_at: Option<DateTime<Utc>>,
    /// From when on it is not valid any more; the instant itself is expired.
    pub expires_at: Option<DateTime<Utc>>,
    /// The least an order must be worth, before the discount.
    pub minimum_order_value: Option<Money>,
    /// Which lines it applies to.
    pub applies_to: AppliesTo,
    /// For which reasons a redemption that is rolled back may be redeemed again: the release policy. Empty means never.
    #[serde(default = "every_reason")]
    pub release_on: Vec<RollbackReason>,
    /// The coupon that takes its place when a workflow says so.
    pub backup_coupon_id: Option<CouponId>,
    /// The operator's own notes.
    pub metadata: BTreeMap<String, String>,
}

fn every_reason() -> Vec<RollbackReason> {
    RollbackReason::ALL.to_vec()
}

const MEMBERS: &[&str] = &[
    "code",
    "name",
    "discount",
    "max_redemptions",
    "max_redemptions_per_customer",
    "starts_at",
    "expires_at",
    "minimum_order_value",
    "applies_to",
    "release_on",
    "backup_coupon_id",
    "metadata",
];

impl Terms {
    /// Reads and checks the terms of a new coupon.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(MEMBERS, errors)?;
        let code = field.get("code").parse(CouponCode::parse, errors);
        let name = field.get("name").text(1..=200, errors);
        let discount = field.get("discount");
        let discount = discount.object_of_any(errors).and_then(|()| Discount::read(&discount, errors));
        let mut limit = |name| {
            field
                .get(name)
                .optional(errors, |field: &Field<'_>, errors: &mut Errors| field.integer(1..=MAX_LIMIT, errors))
        };
        let max_redemptions = limit("max_redemptions");
        let max_redemptions_per_customer = limit("max_redemptions_per_customer");
        let mut instant = |name| {
            field.get(name).optional(errors, |field: &Field<'_>, errors: &mut Errors| read_instant(field, errors))
        };
        let starts_at = instant("starts_at");
        let expires_at = instant("expires_at");
        let minimum_order_value = field.get("minimum_order_value").optional(errors, read_money);
        let applies_to = field.get("applies_to").optional(errors, AppliesTo::read);
        let release_on = field.get("release_on").optional(errors, |field, errors| {
            field.list(0..=3, errors, |field, errors| field.parse(RollbackReason::parse, errors))
        });
        let backup_coupon_id =
            field.get("backup_coupon_id").optional(errors, |field, errors| field.parse(CouponId::parse, errors));
        let metadata = field.get("metadata").optional(errors, read_metadata);
        if let (Some(Discount::FixedAmount { currency, .. }), Some(Some(minimum))) = (discount, minimum_order_value)
            && minimum.currency != currency
        {
            let other = field.get("minimum_order_value").get("currency");
            other.refuse::<()>(format_args!("must be {currency}, as the discount is: no order has both"), errors);
        }
        if let (Some(Some(starts_at)), Some(Some(expires_at))) = (starts_at, expires_at)
            && expires_at <= starts_at
        {
            field.get("expires_at").refuse::<()>("must be later than starts_at", errors);
        }
        Some(Self {
            code: code?,
            name: name?.to_owned(),
            discount: discount?,
            max_redemptions: max_redemptions?,
            max_redemptions_per_customer: max_redemptions_per_customer?,
            starts_at: starts_at?,
            expires_at: expires_at?,
            minimum_order_value: minimum_order_value?,
            applies_to: applies_to?.unwrap_or_default(),
            release_on: release_on?.unwrap_or_else(every_reason),
            backup_coupon_id: backup_coupon_id?,
            metadata: metadata?.unwrap_or_default(),
        })
    }
}

/// An RFC 3339 instant with an offset, kept to the millisecond.
pub(crate) fn read_instant(field: &Field<'_>, errors: &mut Errors) -> Option<DateTime<Utc>> {
    let parse = |text: &str| {
        DateTime::parse_from_rfc3339(text)
            .map(|instant| instant.with_timezone(&Utc).trunc_subsecs(3))
            .map_err(|_| "must be an RFC 3339 instant with an offset, such as \"2026-12-01T00:00:00Z\"")
    };
    field.parse(parse, errors)
}

/// An amount with its currency.
pub(crate) fn read_money(field: &Field<'_>, errors: &mut Errors) -> Option<Money> {
    field.object(&["amount", "currency"], errors)?;
    let amount = field.get("amount").integer(0..=MAX_AMOUNT, errors);
    let currency = field.get("currency").parse(Currency::parse, errors);
    Some(Money::new(amount?, currency?))
}

fn read_metadata(field: &Field<'_>, errors: &mut Errors) -> Option<BTreeMap<String, String>> {
    let Some(map) = field.value().and_then(serde_json::Value::as_object).filter(|map| map.len() <= 50) else {
        return field.refuse("must be an object of at most 50 texts", errors);
    };
    let read: Vec<_> = map
        .keys()
        .map(|key| {
            let field = field.get(key);
            let of_length = (1..=40).contains(&key.chars().count());
            if !of_length || key.chars().any(char::is_control) {
                return field.refuse("must have a name of 1 to 40 characters, none of them control characters", errors);
            }
            Some((key.clone(), field.lines(0..=500, errors)?.to_owned()))
        })
        .collect();
    read.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input;
    use serde_json::json;

    fn read(document: serde_json::Value) -> Result<Terms, Errors> {
        input::read(&document, Terms::read)
    }

    #[test]
    fn code_name_and_discount_are_enough() {
        let terms =
            read(json!({"code": "flash20", "name": "Flash", "discount": {"type": "percentage", "percent_off": 20}}));
        assert_eq!(terms.unwrap().max_redemptions, None);
    }

    #[test]
    fn every_fault_of_the_terms_is_listed() {
        let errors = read(json!({
            "code": "F!", "discount": {"type": "fixed_amount", "amount_off": 0, "currency": "usd"},
            "max_redemptions": 0, "expires_at": "2026-12-01", "applies_to": {"product_types": ["gift"]}, "limit": 5,
        }));
        let pointers: Vec<_> = errors.unwrap_err().into_iter().map(|e| e.pointer).collect();
        assert_eq!(
            pointers,
            [
                "/limit",
                "/code",
                "/name",
                "/discount/amount_off",
                "/discount/currency",
                "/max_redemptions",
                "/expires_at",
                "/applies_to/product_types/0"
            ]
        );
    }

    fn pointers(more: serde_json::Value) -> Vec<String> {
        let mut terms =
            json!({"code": "FLASH20", "name": "Flash", "discount": {"type": "percentage", "percent_off": 20}});
        terms.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        read(terms).err().into_iter().flatten().map(|e| e.pointer).collect()
    }

    #[test]
    fn a_key_of_the_metadata_has_1_to_40_characters() {
        let (longest, too_long) = ("ü".repeat(40), "k".repeat(41));
        let metadata = json!({"": "x", &too_long: "x", "a\u{0}": "x", &longest: "x", "note": "two\nlines"});
        assert_eq!(
            pointers(json!({"metadata": metadata})),
            ["/metadata/".to_owned(), format!("/metadata/{too_long}"), "/metadata/a\u{0}".to_owned()]
        );
    }

    #[test]
    fn a_minimum_in_another_currency_than_the_amount_off_could_never_be_met() {
        let discount = json!({"type": "fixed_amount", "amount_off": 500, "currency": "USD"});
        let minimum = |currency: &str| json!({"amount": 1000, "currency": currency});
        let with = |currency| pointers(json!({"discount": discount, "minimum_order_value": minimum(currency)}));
        assert_eq!(with("EUR"), ["/minimum_order_value/currency"]);
        assert!(with("USD").is_empty());
        assert!(pointers(json!({"minimum_order_value": minimum("EUR")})).is_empty(), "a share of any currency");
    }

    #[test]
    fn a_line_is_meant_by_product_or_collection_and_by_type() {
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
