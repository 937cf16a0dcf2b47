//! Rollbacks of redemptions.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::coupons::coupon::{Coupon, RollbackReason, State};

/// Rollback of a redemption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Rollback {
    /// Reason for the rollback.
    pub reason: RollbackReason,
    /// Time of the rollback.
    pub at: DateTime<Utc>,
    /// Whether the redemption became available again. The coupon's release policy must list the
    /// reason, and the coupon must not be expired or deleted.
    pub released: bool,
}

impl Rollback {
    /// Creates the rollback of a redemption of `coupon` at `now`.
    pub fn new(coupon: &Coupon, reason: RollbackReason, now: DateTime<Utc>) -> Self {
        let is_over = match coupon.state {
            State::Expired | State::Deleted => true,
            State::Active | State::Paused => false,
        };
        let over = is_over || coupon.is_past_expiry(now);
        Self { reason, at: now, released: coupon.terms.release_on.contains(&reason) && !over }
    }
}
