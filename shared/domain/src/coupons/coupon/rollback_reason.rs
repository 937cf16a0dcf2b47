//! Reasons for rolling back a redemption. The release policy of a coupon lists the reasons for
//! which a rollback makes the redemption available again.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::kernel::input::{Errors, Field};
use crate::kernel::json_schema::{object, optional, reference};

/// Reason for rolling back a redemption.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    strum::EnumString,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum RollbackReason {
    /// The payment of the order failed.
    PaymentFailed,
    /// The order was cancelled.
    OrderCancelled,
    /// The order was refunded.
    Refunded,
}

impl RollbackReason {
    /// Parses the name of a reason.
    ///
    /// # Errors
    /// Returns an error if the text is not the name of a reason.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        text.parse().map_err(|_| "must be \"payment_failed\", \"order_cancelled\" or \"refunded\"")
    }

    /// Returns the request schema of a rollback.
    pub fn input_schema() -> Value {
        let members = [("reason", optional(reference("RollbackReason")))];
        object("RollbackInput", "The reason of the rollback.", &[], &members)
    }

    /// Reads and validates the body of a rollback. The default reason is `order_cancelled`.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["reason"], errors)?;
        let reason = field.get("reason").optional(errors, |field, errors| field.parse(Self::parse, errors));
        reason.map(|reason| reason.unwrap_or(Self::OrderCancelled))
    }
}
