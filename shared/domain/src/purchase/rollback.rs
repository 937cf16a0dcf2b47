//! Giving redemptions back.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::coupon::{Coupon, State};
use crate::input::{Errors, Field};

/// Why a redemption is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RollbackReason {
    /// The order was never paid.
    PaymentFailed,
    /// The order was cancelled.
    OrderCancelled,
    /// The order was paid back.
    Refunded,
}

impl RollbackReason {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::PaymentFailed, Self::OrderCancelled, Self::Refunded];

    /// # Errors
    /// For anything but the three names.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "payment_failed" => Ok(Self::PaymentFailed),
            "order_cancelled" => Ok(Self::OrderCancelled),
            "refunded" => Ok(Self::Refunded),
            _ => Err("must be \"payment_failed\", \"order_cancelled\" or \"refunded\""),
        }
    }

    /// Reads and checks the body of a rollback. Where it gives no reason, the order was cancelled.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["reason"], errors)?;
        let reason = field.get("reason").optional(errors, |field, errors| field.parse(Self::parse, errors));
        reason.map(|reason| reason.unwrap_or(Self::OrderCancelled))
    }
}

/// That a redemption was given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Rollback {
    /// Why.
    pub reason: RollbackReason,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether it may be redeemed again: the coupon's release policy says for which reasons, and what is over gives
    /// nothing back to use.
    pub released: bool,
}

impl Rollback {
    /// Giving a redemption of the coupon back at `now`.
    pub fn new(coupon: &Coupon, reason: RollbackReason, now: DateTime<Utc>) -> Self {
        let is_over = match coupon.state {
            State::Expired | State::Deleted => true,
            State::Active | State::Paused => false,
        };
        let over = is_over || coupon.is_past_expiry(now);
        Self { reason, at: now, released: coupon.terms.release_on.contains(&reason) && !over }
    }
}
