//! Facts: the value of each filter field for one event and contact.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde::Serialize;

use super::field::FilterField;
use super::subject::Subject;
use crate::coupons::coupon::{CouponType, CouponValue, Threshold};
use crate::kernel::money::Money;
use crate::kernel::percentage::Percentage;
use crate::kernel::span::Span;
use crate::kernel::text::fold;
use crate::purchases::customer::comparable;

/// Number, percentage or amount. A value compares only with values of the same variant, and an
/// amount only with amounts in the same currency.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Quantity {
    /// Whole number.
    Count(i64),
    /// Percentage.
    Percent(Percentage),
    /// Amount of money.
    Money(Money),
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Count(a), Self::Count(b)) => Some(a.cmp(b)),
            (Self::Percent(a), Self::Percent(b)) => Some(a.cmp(b)),
            (Self::Money(a), Self::Money(b)) if a.currency == b.currency => Some(a.amount.cmp(&b.amount)),
            _ => None,
        }
    }
}

/// Value of a field; texts are case-folded.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum FieldValue {
    /// No value.
    None,
    /// Text that is not empty.
    Text(String),
    /// Number, percentage or amount.
    Quantity(Quantity),
    /// Set of texts, possibly empty.
    Set(BTreeSet<String>),
}

impl FieldValue {
    /// Whether the field has no value. An empty set counts as no value.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::None => true,
            Self::Set(set) => set.is_empty(),
            Self::Text(_) | Self::Quantity(_) => false,
        }
    }

    fn text(text: Option<&str>) -> Self {
        text.filter(|text| !text.is_empty()).map_or(Self::None, |text| Self::Text(fold(text)))
    }

    fn money(money: Option<Money>) -> Self {
        money.map_or(Self::None, |money| Self::Quantity(Quantity::Money(money)))
    }

    fn set<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        Self::Set(texts.map(fold).collect())
    }
}

/// Value of every field for one subject. The facts are built once and compared with many filters.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts(Vec<FieldValue>);

impl Facts {
    /// Collects the facts of a subject.
    pub fn of(subject: Subject<'_>) -> Self {
        Self(FilterField::ALL.iter().map(|field| value(*field, subject)).collect())
    }

    /// Value of a field.
    pub fn get(&self, field: FilterField) -> &FieldValue {
        &self.0[field as usize]
    }
}

fn value(field: FilterField, subject: Subject<'_>) -> FieldValue {
    let data = &subject.event.data;
    let order = data.order.as_ref();
    let threshold = || data.threshold.as_deref().and_then(Threshold::parse);
    let lines = || order.into_iter().flat_map(|order| &order.lines);
    match field {
        FilterField::CouponCode => FieldValue::text(Some(data.coupon.code.as_str())),
        FilterField::CouponName => FieldValue::text(Some(&data.coupon.name)),
        FilterField::CouponType => FieldValue::text(Some(match data.coupon.r#type {
            CouponType::Percentage => "percentage",
            CouponType::FixedAmount => "fixed_amount",
        })),
        FilterField::CouponValue => FieldValue::Quantity(match data.coupon.value {
            CouponValue::Percent(percent) => Quantity::Percent(percent),
            CouponValue::Amount(money) => Quantity::Money(money),
        }),
        FilterField::OrderValue => FieldValue::money(order.map(|order| order.value)),
        FilterField::OrderTotal => FieldValue::money(order.map(|order| order.total)),
        FilterField::Product => FieldValue::set(lines().map(|line| line.product_id.as_str())),
        FilterField::ProductCollection => {
            FieldValue::set(lines().flat_map(|line| &line.collection_ids).map(String::as_str))
        }
        FilterField::ProductType => FieldValue::Set(lines().map(|line| line.product_type.to_string()).collect()),
        FilterField::Source => FieldValue::text(data.source.as_deref()),
        FilterField::RedemptionCount => FieldValue::Quantity(Quantity::Count(
            data.redemption
                .as_ref()
                .map_or(data.coupon.times_redeemed, |redemption| redemption.redemption_number.get()),
        )),
        FilterField::RedemptionLimit => {
            data.coupon.limit.map_or(FieldValue::None, |limit| FieldValue::Quantity(Quantity::Count(limit)))
        }
        FilterField::PercentUsed => match threshold() {
            Some(Threshold::PercentUsed(percent)) => FieldValue::Quantity(Quantity::Count(percent)),
            Some(Threshold::Remaining(_)) | None => FieldValue::None,
        },
        FilterField::Remaining => match threshold() {
            Some(Threshold::Remaining(left)) => FieldValue::Quantity(Quantity::Count(left)),
            Some(Threshold::PercentUsed(_)) | None => FieldValue::None,
        },
        FilterField::MinutesBeforeExpiry => {
            let lead_time = data.lead_time.as_deref().and_then(|lead_time| Span::parse(lead_time).ok());
            let minutes = lead_time.map(|lead_time| lead_time.delta().num_minutes());
            minutes.map_or(FieldValue::None, |minutes| FieldValue::Quantity(Quantity::Count(minutes)))
        }
        FilterField::ContactEmail => {
            let email = data.customer.as_ref().and_then(|customer| customer.email.as_ref());
            email.map_or(FieldValue::None, |email| FieldValue::Text(comparable(email.as_str())))
        }
        FilterField::ContactTag => {
            FieldValue::Set(subject.tags.into_iter().flatten().map(|tag| tag.key().to_owned()).collect())
        }
    }
}
