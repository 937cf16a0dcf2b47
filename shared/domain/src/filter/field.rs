//! The fields a filter can test, and where each has a value.

use super::Subject;
use super::condition::{Quantity, Value};
use crate::coupon::{CouponType, CouponValue};
use crate::event::EventType;
use crate::text::fold;
use crate::workflow::Trigger;

/// What kind of value a field has, and so which operators fit it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// One of a few words.
    Word(&'static [&'static str]),
    /// An amount of money.
    Money,
    /// A percentage, or an amount of money.
    PercentOrMoney,
    /// A whole number.
    Count,
    /// A set of texts.
    Set,
}

/// A field of an event or its contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FilterField {
    /// The code.
    CouponCode,
    /// The operator's name for the coupon.
    CouponName,
    /// `percentage` or `fixed_amount`.
    CouponType,
    /// Percent off, or amount off.
    CouponValue,
    /// The order before the discount.
    OrderValue,
    /// The order after the discount.
    OrderTotal,
    /// Product ids in the order.
    Product,
    /// Collection ids in the order.
    ProductCollection,
    /// Product types in the order.
    ProductType,
    /// Where the order came from.
    Source,
    /// Redemptions of the coupon, the event's own included.
    RedemptionCount,
    /// The coupon's limit.
    RedemptionLimit,
    /// The customer's address.
    ContactEmail,
    /// The contact's tags.
    ContactTag,
}

impl FilterField {
    /// All of them.
    pub const ALL: &'static [FilterField] = &[
        Self::CouponCode,
        Self::CouponName,
        Self::CouponType,
        Self::CouponValue,
        Self::OrderValue,
        Self::OrderTotal,
        Self::Product,
        Self::ProductCollection,
        Self::ProductType,
        Self::Source,
        Self::RedemptionCount,
        Self::RedemptionLimit,
        Self::ContactEmail,
        Self::ContactTag,
    ];

    /// The name in a workflow.
    pub fn name(self) -> &'static str {
        match self {
            Self::CouponCode => "coupon_code",
            Self::CouponName => "coupon_name",
            Self::CouponType => "coupon_type",
            Self::CouponValue => "coupon_value",
            Self::OrderValue => "order_value",
            Self::OrderTotal => "order_total",
            Self::Product => "product",
            Self::ProductCollection => "product_collection",
            Self::ProductType => "product_type",
            Self::Source => "source",
            Self::RedemptionCount => "redemption_count",
            Self::RedemptionLimit => "redemption_limit",
            Self::ContactEmail => "contact_email",
            Self::ContactTag => "contact_tag",
        }
    }

    /// What kind of value it has.
    pub fn kind(self) -> Kind {
        match self {
            Self::CouponCode | Self::CouponName | Self::Source | Self::ContactEmail => Kind::Text,
            Self::CouponType => Kind::Word(&["percentage", "fixed_amount"]),
            Self::CouponValue => Kind::PercentOrMoney,
            Self::OrderValue | Self::OrderTotal => Kind::Money,
            Self::Product | Self::ProductCollection | Self::ProductType | Self::ContactTag => Kind::Set,
            Self::RedemptionCount | Self::RedemptionLimit => Kind::Count,
        }
    }

    /// Whether events of this type can have a value for it.
    pub fn occurs_on(self, event: EventType) -> bool {
        match self {
            Self::CouponCode
            | Self::CouponName
            | Self::CouponType
            | Self::CouponValue
            | Self::RedemptionCount
            | Self::RedemptionLimit => true,
            Self::OrderValue
            | Self::OrderTotal
            | Self::Product
            | Self::ProductCollection
            | Self::ProductType
            | Self::Source
            | Self::ContactEmail
            | Self::ContactTag => event.has_order(),
        }
    }

    /// Whether a workflow with this trigger may filter by it.
    pub fn fits(self, trigger: Trigger) -> bool {
        match trigger {
            Trigger::Event(event) => self.occurs_on(event),
            Trigger::Manual => false,
        }
    }

    /// Whether it is the contact's, and not the event's.
    pub fn is_of_contact(self) -> bool {
        matches!(self, Self::ContactEmail | Self::ContactTag)
    }

    /// The field's value, folded; `Value::None` where there is none.
    pub(super) fn value(self, subject: Subject<'_>) -> Value {
        let data = &subject.event.data;
        let lines = || data.order.iter().flat_map(|order| &order.lines);
        let text = |text: Option<&str>| {
            text.filter(|text| !text.is_empty()).map_or(Value::None, |text| Value::Text(fold(text)))
        };
        match self {
            Self::CouponCode => text(Some(data.coupon.code.as_str())),
            Self::CouponName => text(Some(&data.coupon.name)),
            Self::CouponType => text(Some(match data.coupon.r#type {
                CouponType::Percentage => "percentage",
                CouponType::FixedAmount => "fixed_amount",
            })),
            Self::CouponValue => Value::Quantity(match data.coupon.value {
                CouponValue::Percent(percent) => Quantity::Percent(percent),
                CouponValue::Amount(money) => Quantity::Money(money),
            }),
            Self::OrderValue => {
                data.order.as_ref().map_or(Value::None, |order| Value::Quantity(Quantity::Money(order.value)))
            }
            Self::OrderTotal => {
                data.order.as_ref().map_or(Value::None, |order| Value::Quantity(Quantity::Money(order.total)))
            }
            Self::Product => Value::Set(lines().map(|line| fold(&line.product_id)).collect()),
            Self::ProductCollection => {
                Value::Set(lines().flat_map(|line| &line.collection_ids).map(|id| fold(id)).collect())
            }
            Self::ProductType => Value::Set(lines().map(|line| line.product_type.to_string()).collect()),
            Self::Source => text(data.source.as_deref()),
            Self::RedemptionCount => Value::Quantity(Quantity::Count(
                data.redemption.as_ref().map_or(data.coupon.times_redeemed, |redemption| redemption.redemption_number),
            )),
            Self::RedemptionLimit => {
                data.coupon.limit.map_or(Value::None, |limit| Value::Quantity(Quantity::Count(limit)))
            }
            Self::ContactEmail => {
                text(data.customer.as_ref().and_then(|customer| customer.email.as_ref()).map(|email| email.as_str()))
            }
            Self::ContactTag => Value::Set(subject.tags.into_iter().flatten().map(|tag| fold(tag)).collect()),
        }
    }
}
