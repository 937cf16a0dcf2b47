//! Stored form of the terms of a coupon.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::{Amounts, AppliesTo, CodeType, OnlyFor, RollbackReason, Terms, Threshold};
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::kernel::instants::ZoneName;
use couponflow_domain::kernel::money::Money;
use couponflow_domain::kernel::personal::PersonalText;
use couponflow_domain::kernel::span::Span;
use couponflow_domain::purchases::customer::Email;
use couponflow_domain::purchases::order::ProductType;
use serde::{Deserialize, Serialize};

use super::stored_discount::StoredDiscount;
use super::stored_duration::StoredDuration;
use crate::dynamo::engine::stored_money::StoredMoney;

/// Stored form of [`Terms`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredTerms {
    code: CouponCode,
    code_type: CodeType,
    name: String,
    discount: StoredDiscount,
    maximum_discount: Option<StoredAmounts>,
    #[serde(flatten)]
    duration: StoredDuration,
    max_redemptions: Option<i64>,
    max_redemptions_per_customer: Option<i64>,
    starts_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
    time_zone: Option<ZoneName>,
    minimum_order_value: Option<StoredAmounts>,
    applies_to: StoredAppliesTo,
    combinable: bool,
    release_on: Vec<RollbackReason>,
    abandonment_window: Option<Span>,
    thresholds: Vec<StoredThreshold>,
    expiry_lead_times: Vec<Span>,
    backup_coupon_id: Option<CouponId>,
    #[serde(default)]
    only_for: Option<StoredOnlyFor>,
    #[serde(default)]
    offer_backup: bool,
    metadata: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum StoredAmounts {
    One(StoredMoney),
    Several(Vec<StoredMoney>),
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct StoredAppliesTo {
    products: Vec<String>,
    collections: Vec<String>,
    product_types: Vec<ProductType>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct StoredOnlyFor {
    email: Option<Email>,
    customer_id: Option<PersonalText>,
}

/// Stored form of [`Threshold`].
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StoredThreshold {
    PercentUsed(i64),
    Remaining(i64),
}

impl From<Terms> for StoredTerms {
    fn from(terms: Terms) -> Self {
        let Terms {
            code,
            code_type,
            name,
            discount,
            maximum_discount,
            duration,
            max_redemptions,
            max_redemptions_per_customer,
            starts_at,
            expires_at,
            time_zone,
            minimum_order_value,
            applies_to,
            combinable,
            release_on,
            abandonment_window,
            thresholds,
            expiry_lead_times,
            backup_coupon_id,
            only_for,
            offer_backup,
            metadata,
        } = terms;
        Self {
            code,
            code_type,
            name,
            discount: discount.into(),
            maximum_discount: maximum_discount.map(StoredAmounts::from),
            duration: duration.into(),
            max_redemptions,
            max_redemptions_per_customer,
            starts_at,
            expires_at,
            time_zone,
            minimum_order_value: minimum_order_value.map(StoredAmounts::from),
            applies_to: applies_to.into(),
            combinable,
            release_on,
            abandonment_window,
            thresholds: thresholds.into_iter().map(StoredThreshold::from).collect(),
            expiry_lead_times,
            backup_coupon_id,
            only_for: only_for.map(|OnlyFor { email, customer_id }| StoredOnlyFor { email, customer_id }),
            offer_backup,
            metadata,
        }
    }
}

impl From<StoredTerms> for Terms {
    fn from(stored: StoredTerms) -> Self {
        Self {
            code: stored.code,
            code_type: stored.code_type,
            name: stored.name,
            discount: stored.discount.into(),
            maximum_discount: stored.maximum_discount.map(Amounts::from),
            duration: stored.duration.into(),
            max_redemptions: stored.max_redemptions,
            max_redemptions_per_customer: stored.max_redemptions_per_customer,
            starts_at: stored.starts_at,
            expires_at: stored.expires_at,
            time_zone: stored.time_zone,
            minimum_order_value: stored.minimum_order_value.map(Amounts::from),
            applies_to: stored.applies_to.into(),
            combinable: stored.combinable,
            release_on: stored.release_on,
            abandonment_window: stored.abandonment_window,
            thresholds: stored.thresholds.into_iter().map(Threshold::from).collect(),
            expiry_lead_times: stored.expiry_lead_times,
            backup_coupon_id: stored.backup_coupon_id,
            only_for: stored.only_for.map(|StoredOnlyFor { email, customer_id }| OnlyFor { email, customer_id }),
            offer_backup: stored.offer_backup,
            metadata: stored.metadata,
        }
    }
}

impl From<Amounts> for StoredAmounts {
    fn from(amounts: Amounts) -> Self {
        match amounts {
            Amounts::One(money) => Self::One(money.into()),
            Amounts::Several(amounts) => Self::Several(amounts.into_iter().map(StoredMoney::from).collect()),
        }
    }
}

impl From<StoredAmounts> for Amounts {
    fn from(stored: StoredAmounts) -> Self {
        match stored {
            StoredAmounts::One(money) => Self::One(money.into()),
            StoredAmounts::Several(amounts) => Self::Several(amounts.into_iter().map(Money::from).collect()),
        }
    }
}

impl From<AppliesTo> for StoredAppliesTo {
    fn from(applies_to: AppliesTo) -> Self {
        let AppliesTo { products, collections, product_types } = applies_to;
        Self { products, collections, product_types }
    }
}

impl From<StoredAppliesTo> for AppliesTo {
    fn from(stored: StoredAppliesTo) -> Self {
        let StoredAppliesTo { products, collections, product_types } = stored;
        Self { products, collections, product_types }
    }
}

impl From<Threshold> for StoredThreshold {
    fn from(threshold: Threshold) -> Self {
        match threshold {
            Threshold::PercentUsed(percent) => Self::PercentUsed(percent),
            Threshold::Remaining(left) => Self::Remaining(left),
        }
    }
}

impl From<StoredThreshold> for Threshold {
    fn from(stored: StoredThreshold) -> Self {
        match stored {
            StoredThreshold::PercentUsed(percent) => Self::PercentUsed(percent),
            StoredThreshold::Remaining(left) => Self::Remaining(left),
        }
    }
}
