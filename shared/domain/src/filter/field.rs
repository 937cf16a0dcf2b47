//! The fields a filter can test, where each has a value, and which operators fit it.

use serde::Serialize;

use super::operator::Operator;
use crate::event::EventType;
use crate::workflow::Trigger;

/// What kind of value a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A text.
    Text,
    /// One of a few words.
    Word,
    /// An amount of money.
    Money,
    /// A percentage, or an amount of money.
    PercentOrMoney,
    /// A whole number.
    Count,
    /// A set of texts.
    Set,
}

macro_rules! fields {
    ($($(#[doc = $doc:literal])* $name:ident $snake:literal $kind:ident $operators:ident;)*) => {
        /// A field of an event or its contact.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum FilterField {
            $($(#[doc = $doc])* $name,)*
        }

        impl FilterField {
            /// All of them.
            pub const ALL: &'static [FilterField] = &[$(Self::$name,)*];

            /// The name in a workflow.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => $snake,)* }
            }

            /// What it is, in a sentence.
            pub fn description(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),*).trim_ascii_start(),)* }
            }

            /// What kind of value it has.
            pub fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind,)* }
            }

            /// The operators that fit it.
            pub fn operators(self) -> &'static [Operator] {
                match self { $(Self::$name => $operators,)* }
            }
        }
    };
}

fields! {
    /// The code.
    CouponCode "coupon_code" Text SET_AND_TEXT;
    /// The operator's name for the coupon.
    CouponName "coupon_name" Text SET_AND_TEXT;
    /// `percentage` or `fixed_amount`.
    CouponType "coupon_type" Word WORD;
    /// Percent off, or amount off.
    CouponValue "coupon_value" PercentOrMoney NUMBER;
    /// The order before the discount.
    OrderValue "order_value" Money NUMBER;
    /// The order after the discount.
    OrderTotal "order_total" Money NUMBER;
    /// Product ids in the order.
    Product "product" Set COLLECTION;
    /// Collection ids in the order.
    ProductCollection "product_collection" Set COLLECTION;
    /// Product types in the order.
    ProductType "product_type" Set COLLECTION;
    /// Where the order came from.
    Source "source" Text TEXT;
    /// Redemptions of the coupon, the event's own included.
    RedemptionCount "redemption_count" Count NUMBER;
    /// The coupon's limit.
    RedemptionLimit "redemption_limit" Count NUMBER;
    /// The share of the limit that is used, of a threshold in percent.
    PercentUsed "percent_used" Count NUMBER;
    /// The redemptions that are left, of a threshold in redemptions.
    Remaining "remaining" Count NUMBER;
    /// How long before its expiry notice of a coupon is given, in whole minutes.
    MinutesBeforeExpiry "minutes_before_expiry" Count NUMBER;
    /// The customer's address.
    ContactEmail "contact_email" Text TEXT;
    /// The contact's tags.
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
    /// The words that it can be, where these are few.
    pub fn choices(self) -> Option<&'static [&'static str]> {
        match self {
            Self::CouponType => Some(&["percentage", "fixed_amount"]),
            _ => None,
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
            Self::PercentUsed | Self::Remaining => event == EventType::CouponThresholdReached,
            Self::MinutesBeforeExpiry => event == EventType::CouponExpiring,
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

    /// Those that a workflow with this trigger may filter by.
    pub fn of(trigger: Trigger) -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(move |field| field.fits(trigger))
    }
}
