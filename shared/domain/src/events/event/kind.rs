//! Types of events, with everything that follows from the type.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::data::EventPart;
use super::properties::{CouponTerm, CustomerSource, EventProperties, PurchaseStep, StatisticsCount};

macro_rules! event_types {
    ($($(#[doc = $doc:literal])* $name:ident $snake:literal $properties:tt)*) => {
        /// Type of an event. The name is the event's `detail-type`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
        pub enum EventType {
            $($(#[doc = $doc])* $name,)*
        }

        impl EventType {
            /// Every type.
            pub const ALL: &'static [EventType] = &[$(EventType::$name,)*];

            /// Returns the name on the bus, such as `CouponRedeemed`.
            pub fn detail_type(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// Returns the name as a workflow's trigger, such as `coupon_redeemed`.
            pub fn trigger(self) -> &'static str {
                match self { $(Self::$name => $snake,)* }
            }

            /// Returns a sentence that says when the event happens.
            pub fn description(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),*).trim_ascii_start(),)* }
            }

            /// What follows from the type.
            pub fn properties(self) -> &'static EventProperties {
                match self { $(Self::$name => &EventProperties $properties,)* }
            }
        }

        /// Returns a sample event of this type: JSON as delivered by a rule of the bus, with invented data. The samples
        /// are the files in `events/samples`.
        pub fn sample(kind: EventType) -> &'static str {
            match kind {
                $(EventType::$name => {
                    include_str!(concat!("../../../../../events/samples/", stringify!($name), ".json"))
                })*
            }
        }
    };
}

event_types! {
    /// A code was applied to an order, for the first time or at another price.
    CouponApplied "coupon_applied" {
        parts: &[EventPart::Order, EventPart::Application],
        coupon_has: &[],
        customer_named_by: CustomerSource::Request,
        is_caused_by_browsers: true,
        purchase: Some(PurchaseStep::Application),
        counts: StatisticsCount::Applied,
    }
    /// A redemption was committed.
    CouponRedeemed "coupon_redeemed" {
        parts: &[EventPart::Order, EventPart::Redemption],
        coupon_has: &[],
        customer_named_by: CustomerSource::Request,
        is_caused_by_browsers: false,
        purchase: Some(PurchaseStep::Redemption),
        counts: StatisticsCount::Redeemed,
    }
    /// The number of redemptions reached the limit.
    CouponLimitReached "coupon_limit_reached" {
        parts: &[],
        coupon_has: &[CouponTerm::Limit],
        customer_named_by: CustomerSource::Request,
        is_caused_by_browsers: false,
        purchase: None,
        counts: StatisticsCount::Nothing,
    }
    /// An active coupon reached its expiry.
    CouponExpired "coupon_expired" {
        parts: &[],
        coupon_has: &[CouponTerm::Expiry],
        customer_named_by: CustomerSource::Request,
        is_caused_by_browsers: false,
        purchase: None,
        counts: StatisticsCount::Nothing,
    }
    /// A redemption was rolled back.
    CouponRedemptionRolledBack "coupon_redemption_rolled_back" {
        parts: &[EventPart::Order, EventPart::Redemption],
        coupon_has: &[],
        customer_named_by: CustomerSource::Redemption,
        is_caused_by_browsers: false,
        purchase: Some(PurchaseStep::Rollback),
        counts: StatisticsCount::RolledBack,
    }
    /// A hold expired without a redemption.
    CouponHoldExpired "coupon_hold_expired" {
        parts: &[EventPart::Order, EventPart::Application],
        coupon_has: &[],
        customer_named_by: CustomerSource::Application,
        is_caused_by_browsers: true,
        purchase: None,
        counts: StatisticsCount::Nothing,
    }
    /// A code was applied, and not redeemed within the coupon's abandonment window.
    CouponApplicationAbandoned "coupon_application_abandoned" {
        parts: &[EventPart::Order, EventPart::Application],
        coupon_has: &[],
        customer_named_by: CustomerSource::Application,
        is_caused_by_browsers: true,
        purchase: None,
        counts: StatisticsCount::Abandoned,
    }
    /// An attempt to apply or redeem a code was rejected.
    CouponRejected "coupon_rejected" {
        parts: &[EventPart::Order, EventPart::Rejection],
        coupon_has: &[],
        customer_named_by: CustomerSource::Request,
        is_caused_by_browsers: true,
        purchase: None,
        counts: StatisticsCount::Rejected,
    }
    /// A configured threshold was reached: a share of the limit, or a number of redemptions left.
    CouponThresholdReached "coupon_threshold_reached" {
        parts: &[EventPart::Threshold],
        coupon_has: &[CouponTerm::Limit],
        customer_named_by: CustomerSource::Request,
        is_caused_by_browsers: false,
        purchase: None,
        counts: StatisticsCount::Nothing,
    }
    /// The time until the expiry of an active coupon fell to a configured lead time.
    CouponExpiring "coupon_expiring" {
        parts: &[EventPart::LeadTime],
        coupon_has: &[CouponTerm::Expiry],
        customer_named_by: CustomerSource::Request,
        is_caused_by_browsers: false,
        purchase: None,
        counts: StatisticsCount::Nothing,
    }
}

impl EventType {
    /// Returns the type with this trigger name.
    pub fn from_trigger(trigger: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.trigger() == trigger)
    }

    /// Whether every event of this type has a part.
    pub fn has(self, part: EventPart) -> bool {
        self.properties().parts.contains(&part)
    }

    /// Whether events of this type have an order. Only events with an order can name a customer.
    pub fn has_order(self) -> bool {
        self.has(EventPart::Order)
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail_type())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trigger_name_is_the_snake_case_of_the_type() {
        for kind in EventType::ALL {
            let snake: String = kind
                .detail_type()
                .char_indices()
                .map(|(i, c)| {
                    if c.is_uppercase() && i > 0 {
                        format!("_{}", c.to_lowercase())
                    } else {
                        c.to_lowercase().to_string()
                    }
                })
                .collect();
            assert_eq!(kind.trigger(), snake);
            assert_eq!(EventType::from_trigger(&snake), Some(*kind));
        }
    }
}
