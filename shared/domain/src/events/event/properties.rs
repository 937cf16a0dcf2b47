//! What follows from the type of an event. Every type states every property, so the compiler reports a property that a
//! new type lacks.

use super::data::EventPart;

/// Properties that all events of one type have.
#[derive(Debug, PartialEq, Eq)]
pub struct EventProperties {
    /// Parts of [`EventData`](super::EventData) that every event has, in addition to the coupon.
    pub parts: &'static [EventPart],
    /// Optional terms that the coupon of every event has.
    pub coupon_has: &'static [CouponTerm],
    pub customer_named_by: CustomerSource,
    /// Whether a request with a `storefront` key can cause the event. If so, the customer can be unverified.
    pub is_caused_by_browsers: bool,
    /// Step of a purchase that the event reports. Audiences are computed from these steps.
    pub purchase: Option<PurchaseStep>,
    pub counts: StatisticsCount,
}

/// Optional term of a coupon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CouponTerm {
    Limit,
    Expiry,
}

/// Request that named the customer of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustomerSource {
    /// The request that caused the event.
    Request,
    /// The earlier request that applied the code.
    Application,
    /// The earlier request that redeemed the code.
    Redemption,
}

/// Step of a purchase with a coupon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PurchaseStep {
    Application,
    Redemption,
    Rollback,
}

/// What the statistics of the coupon count for an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatisticsCount {
    Nothing,
    Applied,
    Redeemed,
    RolledBack,
    Abandoned,
    /// A rejected attempt, by its reason.
    Rejected,
}
