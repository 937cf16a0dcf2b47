//! Attempts that were refused.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Purchase;
use crate::code::CouponCode;
use crate::customer::Customer;
use crate::order::Order;
use crate::rejection::Rejection;

/// What was attempted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// To apply a code.
    Apply,
    /// To redeem one.
    Redeem,
}

/// A refused attempt to use a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// What was attempted.
    pub operation: Operation,
    /// Why it was refused; the true reason, whatever the caller was told.
    pub rejection: Rejection,
    /// The code.
    pub code: CouponCode,
    /// By whom.
    pub customer: Option<Customer>,
    /// For what.
    pub order: Order,
    /// Minor units that the other codes of the request take off the order.
    #[serde(default)]
    pub discounted_by_others: i64,
    /// Where the order came from.
    pub source: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
    /// The request; with the code it names the attempt.
    pub correlation_id: String,
}

impl Attempt {
    /// A purchase that was refused.
    pub fn new(
        operation: Operation,
        purchase: &Purchase,
        rejection: Rejection,
        at: DateTime<Utc>,
        correlation_id: &str,
    ) -> Self {
        let Purchase { code, customer, order, source, hold: _ } = purchase.clone();
        let correlation_id = correlation_id.to_owned();
        Self { operation, rejection, code, customer, order, discounted_by_others: 0, source, at, correlation_id }
    }

    /// The same beside other codes, which take so many minor units off the order.
    #[must_use]
    pub fn beside(self, discounted_by_others: i64) -> Self {
        Self { discounted_by_others, ..self }
    }
}
