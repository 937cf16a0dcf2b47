//! Sample of each event, from `events/samples`.

use super::EventType;

/// Returns a sample event of this type as JSON, in the form in which the bus delivers events. The
/// data are invented.
pub fn sample(kind: EventType) -> &'static str {
    macro_rules! file {
        ($name:literal) => {
            include_str!(concat!("../../../../../events/samples/", $name, ".json"))
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
