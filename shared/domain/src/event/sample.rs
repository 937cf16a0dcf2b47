//! A sample of each event, as it lies in `events/samples`.

use super::EventType;

/// An event of this type as a rule on the bus hands it on: JSON, of a shop that does not exist.
pub fn sample(kind: EventType) -> &'static str {
    macro_rules! file {
        ($name:literal) => {
            include_str!(concat!("../../../../events/samples/", $name, ".json"))
        };
    }
    match kind {
        EventType::CouponApplied => file!("CouponApplied"),
        EventType::CouponRedeemed => file!("CouponRedeemed"),
        EventType::CouponLimitReached => file!("CouponLimitReached"),
        EventType::CouponExpired => file!("CouponExpired"),
        EventType::CouponRedemptionRolledBack => file!("CouponRedemptionRolledBack"),
        EventType::CouponHoldExpired => file!("CouponHoldExpired"),
        EventType::CouponApplicationAbandoned => file!("CouponApplicationAbandoned"),
        EventType::CouponRejected => file!("CouponRejected"),
        EventType::CouponThresholdReached => file!("CouponThresholdReached"),
        EventType::CouponExpiring => file!("CouponExpiring"),
    }
}
