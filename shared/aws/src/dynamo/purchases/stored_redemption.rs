//! Stored form of a redemption.

use chrono::{DateTime, NaiveDate, Utc};
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::RollbackReason;
use couponflow_domain::kernel::counters::RedemptionNumber;
use couponflow_domain::kernel::ids::{CouponId, RedemptionId};
use couponflow_domain::purchases::customer::Customer;
use couponflow_domain::purchases::{LaterPricing, Redemption, Rollback, Subscription};
use serde::{Deserialize, Serialize};

use super::stored_discount::StoredPricedDiscount;
use super::stored_order::{StoredCustomer, StoredOrder};
use crate::dynamo::coupons::stored_duration::StoredDuration;
use crate::dynamo::coupons::stored_value::StoredValue;
use crate::dynamo::engine::item::is_zero;

/// Stored form of [`Redemption`].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredRedemption {
    id: RedemptionId,
    pub(crate) coupon_id: CouponId,
    code: CouponCode,
    #[serde(default)]
    is_unique_code: bool,
    customer: Option<StoredCustomer>,
    pub(crate) order: StoredOrder,
    source: Option<String>,
    value: StoredValue,
    discounted_before: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    discounted_after: i64,
    discount: StoredPricedDiscount,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subscription: Option<StoredSubscription>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    later: Option<StoredLaterPricing>,
    created_at: DateTime<Utc>,
    redemption_number: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rollback: Option<StoredRollback>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct StoredSubscription {
    #[serde(flatten)]
    duration: StoredDuration,
    started_on: NaiveDate,
    discount: StoredPricedDiscount,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct StoredLaterPricing {
    after: Vec<RedemptionId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    maximum: Option<i64>,
}

/// Stored form of [`Rollback`].
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct StoredRollback {
    reason: RollbackReason,
    at: DateTime<Utc>,
    released: bool,
}

impl From<Redemption> for StoredRedemption {
    fn from(redemption: Redemption) -> Self {
        let Redemption {
            id,
            coupon_id,
            code,
            is_unique_code,
            customer,
            order,
            source,
            value,
            discounted_before,
            discounted_after,
            discount,
            subscription,
            later,
            created_at,
            redemption_number,
            rollback,
        } = redemption;
        Self {
            id,
            coupon_id,
            code,
            is_unique_code,
            customer: customer.map(StoredCustomer::from),
            order: order.into(),
            source,
            value: value.into(),
            discounted_before,
            discounted_after,
            discount: discount.into(),
            subscription: subscription.map(StoredSubscription::from),
            later: later.map(|LaterPricing { after, maximum }| StoredLaterPricing { after, maximum }),
            created_at,
            redemption_number: redemption_number.map(RedemptionNumber::get),
            rollback: rollback.map(StoredRollback::from),
        }
    }
}

impl From<StoredRedemption> for Redemption {
    fn from(stored: StoredRedemption) -> Self {
        Self {
            id: stored.id,
            coupon_id: stored.coupon_id,
            code: stored.code,
            is_unique_code: stored.is_unique_code,
            customer: stored.customer.map(Customer::from),
            order: stored.order.into(),
            source: stored.source,
            value: stored.value.into(),
            discounted_before: stored.discounted_before,
            discounted_after: stored.discounted_after,
            discount: stored.discount.into(),
            subscription: stored.subscription.map(Subscription::from),
            later: stored.later.map(|StoredLaterPricing { after, maximum }| LaterPricing { after, maximum }),
            created_at: stored.created_at,
            redemption_number: stored.redemption_number.map(RedemptionNumber::new),
            rollback: stored.rollback.map(Rollback::from),
        }
    }
}

impl From<Subscription> for StoredSubscription {
    fn from(subscription: Subscription) -> Self {
        let Subscription { duration, started_on, discount } = subscription;
        Self { duration: duration.into(), started_on, discount: discount.into() }
    }
}

impl From<StoredSubscription> for Subscription {
    fn from(stored: StoredSubscription) -> Self {
        let StoredSubscription { duration, started_on, discount } = stored;
        Self { duration: duration.into(), started_on, discount: discount.into() }
    }
}

impl From<Rollback> for StoredRollback {
    fn from(rollback: Rollback) -> Self {
        let Rollback { reason, at, released } = rollback;
        Self { reason, at, released }
    }
}

impl From<StoredRollback> for Rollback {
    fn from(stored: StoredRollback) -> Self {
        let StoredRollback { reason, at, released } = stored;
        Self { reason, at, released }
    }
}
