//! Types of events.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! event_types {
    ($($(#[doc = $doc:literal])* $name:ident $snake:literal needs $needs:expr;)*) => {
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

            /// Returns the members of [`EventData`](super::EventData) that every event of this type
            /// has, in addition to the coupon.
            pub fn parts(self) -> &'static [&'static str] {
                match self { $(Self::$name => $needs,)* }
            }
        }
    };
}

event_types! {
    /// A code was applied to an order, for the first time or at another price.
    CouponApplied "coupon_applied" needs &["order", "application"];
    /// A redemption was committed.
    CouponRedeemed "coupon_redeemed" needs &["order", "redemption"];
    /// The number of redemptions reached the limit.
    CouponLimitReached "coupon_limit_reached" needs &[];
    /// An active coupon reached its expiry.
    CouponExpired "coupon_expired" needs &[];
    /// A redemption was rolled back.
    CouponRedemptionRolledBack "coupon_redemption_rolled_back" needs &["order", "redemption"];
    /// A hold expired without a redemption.
    CouponHoldExpired "coupon_hold_expired" needs &["order", "application"];
    /// A code was applied, and not redeemed within the coupon's abandonment window.
    CouponApplicationAbandoned "coupon_application_abandoned" needs &["order", "application"];
    /// An attempt to apply or redeem a code was rejected.
    CouponRejected "coupon_rejected" needs &["order", "rejection"];
    /// A configured threshold was reached: a share of the limit, or a number of redemptions left.
    CouponThresholdReached "coupon_threshold_reached" needs &["threshold"];
    /// The time until the expiry of an active coupon fell to a configured lead time.
    CouponExpiring "coupon_expiring" needs &["lead_time"];
}

impl EventType {
    /// Returns the type with this trigger name.
    pub fn from_trigger(trigger: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.trigger() == trigger)
    }

    /// Whether events of this type have an order. Only events with an order can name a customer.
    pub fn has_order(self) -> bool {
        self.parts().contains(&"order")
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
