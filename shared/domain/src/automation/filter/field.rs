//! Fields that a filter can test: which events have a value for a field, and which operators fit
//! the field.

use serde::Serialize;

use super::operator::Operator;
use crate::automation::workflow::Trigger;
use crate::events::event::{EventPart, EventType};

/// Kind of value of a filter field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Text.
    Text,
    /// One of a few words.
    Word,
    /// Amount of money.
    Money,
    /// Percentage or amount of money.
    PercentOrMoney,
    /// Whole number.
    Count,
    /// Set of texts.
    Set,
}

macro_rules! fields {
    ($($(#[doc = $doc:literal])* $name:ident $snake:literal $kind:ident $operators:ident;)*) => {
        /// Field of an event or of its contact, for filters.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum FilterField {
            $($(#[doc = $doc])* $name,)*
        }

        impl FilterField {
            /// Every field.
            pub const ALL: &'static [FilterField] = &[$(Self::$name,)*];

            /// Name in a workflow document.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $snake,)* }
            }

            /// Description for the API.
            pub fn description(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),*).trim_ascii_start(),)* }
            }

            /// Kind of value.
            pub fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind,)* }
            }

            /// Operators that fit the field.
            pub fn operators(self) -> &'static [Operator] {
                match self { $(Self::$name => $operators,)* }
            }
        }
    };
}

fields! {
    /// The code that was used, or the coupon's own code.
    CouponCode "coupon_code" Text SET_AND_TEXT;
    /// The operator's name for the coupon.
    CouponName "coupon_name" Text SET_AND_TEXT;
    /// Type of discount: `percentage` or `fixed_amount`.
    CouponType "coupon_type" Word WORD;
    /// Discount of the coupon: a percentage or an amount.
    CouponValue "coupon_value" PercentOrMoney NUMBER;
    /// Order value before the discount.
    OrderValue "order_value" Money NUMBER;
    /// Order total after the discount.
    OrderTotal "order_total" Money NUMBER;
    /// Ids of the products in the order.
    Product "product" Set COLLECTION;
    /// Ids of the collections that products in the order belong to.
    ProductCollection "product_collection" Set COLLECTION;
    /// Types of the products in the order.
    ProductType "product_type" Set COLLECTION;
    /// Where the order came from.
    Source "source" Text TEXT;
    /// Redemptions of the coupon, including the redemption of this event.
    RedemptionCount "redemption_count" Count NUMBER;
    /// Maximum number of redemptions of the coupon.
    RedemptionLimit "redemption_limit" Count NUMBER;
    /// Threshold that was reached, in percent of the limit. Has a value only for a threshold with
    /// `percent_used`.
    PercentUsed "percent_used" Count NUMBER;
    /// Threshold that was reached, in redemptions left. Has a value only for a threshold with
    /// `remaining`.
    Remaining "remaining" Count NUMBER;
    /// Lead time of an expiry notice, in whole minutes before the expiry.
    MinutesBeforeExpiry "minutes_before_expiry" Count NUMBER;
    /// E-mail address of the customer.
    ContactEmail "contact_email" Text TEXT;
    /// Tags of the contact.
    ContactTag "contact_tag" Set COLLECTION;
}

const SET_AND_TEXT: &[Operator] = &[
    Operator::Is,
    Operator::IsNot,
    Operator::IsAnyOf,
    Operator::IsNoneOf,
    Operator::Contains,
    Operator::DoesNotContain,
    Operator::StartsWith,
    Operator::EndsWith,
    Operator::IsEmpty,
    Operator::IsNotEmpty,
];
const TEXT: &[Operator] = &[
    Operator::Is,
    Operator::IsNot,
    Operator::Contains,
    Operator::DoesNotContain,
    Operator::StartsWith,
    Operator::EndsWith,
    Operator::IsEmpty,
    Operator::IsNotEmpty,
];
const WORD: &[Operator] = &[Operator::Is, Operator::IsNot, Operator::IsEmpty, Operator::IsNotEmpty];
const NUMBER: &[Operator] = &[
    Operator::Equal,
    Operator::NotEqual,
    Operator::Greater,
    Operator::GreaterOrEqual,
    Operator::Less,
    Operator::LessOrEqual,
    Operator::Between,
    Operator::IsEmpty,
    Operator::IsNotEmpty,
];
const COLLECTION: &[Operator] =
    &[Operator::ContainsAny, Operator::ContainsAll, Operator::ContainsNone, Operator::IsEmpty, Operator::IsNotEmpty];

impl FilterField {
    /// Returns the permitted values, if the field permits only certain values.
    pub fn choices(self) -> Option<&'static [&'static str]> {
        match self {
            Self::CouponType => Some(&["percentage", "fixed_amount"]),
            _ => None,
        }
    }

    /// Whether events of this type can have a value for the field.
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
            Self::PercentUsed | Self::Remaining => event.has(EventPart::Threshold),
            Self::MinutesBeforeExpiry => event.has(EventPart::LeadTime),
        }
    }

    /// Whether the trigger of a workflow may filter by the field.
    pub fn fits(self, trigger: Trigger) -> bool {
        match trigger {
            Trigger::Event(event) => self.occurs_on(event),
            Trigger::Manual => false,
        }
    }

    /// Whether the field describes the contact, and not the event.
    pub fn is_of_contact(self) -> bool {
        match self {
            Self::ContactEmail | Self::ContactTag => true,
            Self::CouponCode
            | Self::CouponName
            | Self::CouponType
            | Self::CouponValue
            | Self::OrderValue
            | Self::OrderTotal
            | Self::Product
            | Self::ProductCollection
            | Self::ProductType
            | Self::Source
            | Self::RedemptionCount
            | Self::RedemptionLimit
            | Self::PercentUsed
            | Self::Remaining
            | Self::MinutesBeforeExpiry => false,
        }
    }

    /// Fields that a workflow with this trigger may filter by.
    pub fn of(trigger: Trigger) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |field| field.fits(trigger))
    }
}
