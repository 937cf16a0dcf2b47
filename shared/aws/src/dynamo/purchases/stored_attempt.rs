//! Stored form of a rejected attempt.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::purchases::customer::Customer;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_domain::purchases::{AttemptedOperation, RejectedAttempt};
use serde::{Deserialize, Serialize};

use super::stored_order::{StoredCustomer, StoredOrder};

/// Stored form of [`RejectedAttempt`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredAttempt {
    operation: AttemptedOperation,
    rejection: Rejection,
    code: CouponCode,
    customer: Option<StoredCustomer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    order: Option<StoredOrder>,
    #[serde(default)]
    discounted_by_others: i64,
    source: Option<String>,
    at: DateTime<Utc>,
    correlation_id: CorrelationId,
}

impl From<RejectedAttempt> for StoredAttempt {
    fn from(attempt: RejectedAttempt) -> Self {
        let RejectedAttempt {
            operation,
            rejection,
            code,
            customer,
            order,
            discounted_by_others,
            source,
            at,
            correlation_id,
        } = attempt;
        Self {
            operation,
            rejection,
            code,
            customer: customer.map(StoredCustomer::from),
            order: order.map(StoredOrder::from),
            discounted_by_others,
            source,
            at,
            correlation_id,
        }
    }
}

impl From<StoredAttempt> for RejectedAttempt {
    fn from(stored: StoredAttempt) -> Self {
        Self {
            operation: stored.operation,
            rejection: stored.rejection,
            code: stored.code,
            customer: stored.customer.map(Customer::from),
            order: stored.order.map(Arc::from),
            discounted_by_others: stored.discounted_by_others,
            source: stored.source,
            at: stored.at,
            correlation_id: stored.correlation_id,
        }
    }
}
