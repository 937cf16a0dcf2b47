//! Events, which report changes such as a redemption of a coupon.

pub mod event;
pub mod outbox;
