//! Rollbacks of redemptions.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::coupon::{Coupon, State};
use crate::input::{Errors, Field};

/// Reason for rolling back a redemption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RollbackReason {
    /// The payment of the order failed.
    PaymentFailed,
    /// The order was cancelled.
    OrderCancelled,
    /// The order was refunded.
    Refunded,
}

impl RollbackReason {
    /// Every reason.
    pub const ALL: [Self; 3] = [Self::PaymentFailed, Self::OrderCancelled, Self::Refunded];

    /// Parses the name of a reason.
    ///
    /// # Errors
    /// If the text is not the name of a reason.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "payment_failed" => Ok(Self::PaymentFailed),
            "order_cancelled" => Ok(Self::OrderCancelled),
            "refunded" => Ok(Self::Refunded),
            _ => Err("must be \"payment_failed\", \"order_cancelled\" or \"refunded\""),
        }
    }

    /// Reads and validates the body of a rollback. The default reason is `order_cancelled`.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["reason"], errors)?;
        let reason = field.get("reason").optional(errors, |field, errors| field.parse(Self::parse, errors));
        reason.map(|reason| reason.unwrap_or(Self::OrderCancelled))
    }
}

/// Rollback of a redemption.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Rollback {
    /// Reason for the rollback.
    pub reason: RollbackReason,
    /// Time of the rollback.
    pub at: DateTime<Utc>,
    /// Whether the redemption became available again. This requires a reason in the coupon's release policy and a
    /// coupon that is neither expired nor deleted.
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
