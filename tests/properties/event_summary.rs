//! A short form of events, for comparison.

use couponflow_domain::events::event::{Event, EventType};
use couponflow_tests::fixtures::at;

/// The type, the content and the instant (in milliseconds) of an event. Events with equal summaries
/// count as equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EventSummary {
    pub(crate) kind: &'static str,
    pub(crate) what: String,
    pub(crate) at: i64,
}

impl From<&Event> for EventSummary {
    fn from(event: &Event) -> Self {
        let data = &event.data;
        let order = || data.order.as_ref().unwrap().id.trim_start_matches("ord_").to_owned();
        let redeemed = data.coupon.times_redeemed;
        let what = match event.kind {
            EventType::CouponApplied => format!("{} at -{}", order(), data.order.as_ref().unwrap().discount.amount),
            EventType::CouponRedeemed | EventType::CouponRedemptionRolledBack => {
                let number = data.redemption.as_ref().unwrap().redemption_number;
                format!("{} #{number} of {redeemed}", order())
            }
            EventType::CouponLimitReached => format!("{redeemed}"),
            EventType::CouponThresholdReached => format!("{} by {redeemed}", data.threshold.as_ref().unwrap()),
            EventType::CouponRejected => {
                format!("{}: {}", order(), data.rejection.unwrap().code())
            }
            EventType::CouponHoldExpired | EventType::CouponApplicationAbandoned => order(),
            EventType::CouponExpired | EventType::CouponExpiring => String::new(),
        };
        let at = (event.metadata.occurred_at - at(0)).num_milliseconds();
        Self { kind: event.kind.detail_type(), what, at }
    }
}
