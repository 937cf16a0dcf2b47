//! Rejected attempts to apply or redeem a code.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Purchase;
use crate::coupons::code::CouponCode;
use crate::kernel::correlation_id::CorrelationId;
use crate::purchases::customer::Customer;
use crate::purchases::order::Order;
use crate::purchases::rejection::Rejection;

/// Operation that was attempted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptedOperation {
    Apply,
    Redeem,
}

/// A rejected attempt to use a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedAttempt {
    pub operation: AttemptedOperation,
    /// Actual reason. A caller with a `storefront` key may get another reason (see
    /// [`Rejection::for_storefront`]).
    pub rejection: Rejection,
    pub code: CouponCode,
    pub customer: Option<Customer>,
    /// `None` if the code belongs to no coupon.
    pub order: Option<Arc<Order>>,
    /// Discount of the other codes of the request, in minor units.
    pub discounted_by_others: i64,
    /// Origin of the order, such as `funnel`.
    pub source: Option<String>,
    pub at: DateTime<Utc>,
    /// Correlation id of the request. Correlation id and code together identify the attempt.
    pub correlation_id: CorrelationId,
}

impl RejectedAttempt {
    /// Creates an attempt from a rejected purchase.
    pub fn new(
        operation: AttemptedOperation,
        purchase: &Purchase,
        rejection: Rejection,
        at: DateTime<Utc>,
        correlation_id: &CorrelationId,
    ) -> Self {
        let Purchase { code, customer, order, source, hold: _ } = purchase.clone();
        let (order, correlation_id) = (Some(order), correlation_id.clone());
        Self { operation, rejection, code, customer, order, discounted_by_others: 0, source, at, correlation_id }
    }

    /// Returns the attempt without the customer and the order. An attempt with a code that belongs to no coupon is only
    /// counted, so nothing about the customer is stored.
    #[must_use]
    pub fn with_unknown_code(self) -> Self {
        Self { customer: None, order: None, source: None, ..self }
    }

    /// Returns the attempt with the discount of the other codes of the request, in minor units.
    #[must_use]
    pub fn with_other_discounts(self, discounted_by_others: i64) -> Self {
        Self { discounted_by_others, ..self }
    }
}
