//! The types of events.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! event_types {
    ($($(#[doc = $doc:literal])* $name:ident $snake:literal needs $needs:expr;)*) => {
        /// What happened. The name is the event's `detail-type`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
        pub enum EventType {
            $($(#[doc = $doc])* $name,)*
        }

        impl EventType {
            /// All ten.
            pub const ALL: &'static [EventType] = &[$(EventType::$name,)*];

            /// The name on the bus, such as `CouponRedeemed`.
            pub fn detail_type(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// The name as a workflow's trigger, such as `coupon_redeemed`.
            pub fn trigger(self) -> &'static str {
                match self { $(Self::$name => $snake,)* }
            }

            /// When it fires, in a sentence.
            pub fn description(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc),*).trim_ascii_start(),)* }
            }

            /// The parts of [`EventData`] that every such event has, beside the coupon.
            pub fn parts(self) -> &'static [&'static str] {
                match self { $(Self::$name => $needs,)* }
            }
        }
    };
}

event_types! {
    /// A code was applied to an order, paid or not.
    CouponApplied "coupon_applied" needs &["order", "application"];
    /// A redemption was committed.
    CouponRedeemed "coupon_redeemed" needs &["order", "redemption"];
    /// The last permitted redemption was committed.
    CouponLimitReached "coupon_limit_reached" needs &[];
    /// An active coupon's expiry instant passed.
    CouponExpired "coupon_expired" needs &[];
    /// A redemption was given back.
    CouponRedemptionRolledBack "coupon_redemption_rolled_back" needs &["order", "redemption"];
    /// A hold ran out unredeemed.
    CouponHoldExpired "coupon_hold_expired" needs &["order", "application"];
    /// Applied, and not redeemed within the window.
    CouponApplicationAbandoned "coupon_application_abandoned" needs &["order", "application"];
    /// An attempt was refused.
    CouponRejected "coupon_rejected" needs &["order", "rejection"];
    /// A configured share of the limit was used.
    CouponThresholdReached "coupon_threshold_reached" needs &["threshold"];
    /// A configured lead time before the expiry.
    CouponExpiring "coupon_expiring" needs &["lead_time"];
}

impl EventType {
    /// The type with this trigger name.
    pub fn from_trigger(trigger: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.trigger() == trigger)
    }

    /// Whether such an event comes with an order, and so perhaps with a customer.
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
    fn trigger_names_are_the_snake_case_of_the_type() {
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
