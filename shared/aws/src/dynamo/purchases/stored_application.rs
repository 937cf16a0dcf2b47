//! Stored form of an application.

use chrono::{DateTime, Utc};
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::kernel::ids::{ApplicationId, CouponId};
use couponflow_domain::purchases::customer::Customer;
use couponflow_domain::purchases::{AbandonmentWindow, Application, ApplicationOwner, Hold};
use serde::{Deserialize, Serialize};

use super::stored_discount::StoredPricedDiscount;
use super::stored_order::{StoredCustomer, StoredOrder};
use crate::dynamo::coupons::stored_value::StoredValue;
use crate::dynamo::engine::item::is_zero;

/// Stored form of [`Application`], without hold, abandonment window and owner: these are attributes of the item, so that
/// conditions can compare them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredApplication {
    id: ApplicationId,
    coupon_id: CouponId,
    code: CouponCode,
    #[serde(default)]
    is_unique_code: bool,
    customer: Option<StoredCustomer>,
    order: StoredOrder,
    source: Option<String>,
    value: StoredValue,
    discounted_before: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    discounted_after: i64,
    discount: StoredPricedDiscount,
    pub(crate) created_at: DateTime<Utc>,
}

impl From<Application> for StoredApplication {
    fn from(application: Application) -> Self {
        let Application {
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
            created_at,
            hold: _,
            abandonment: _,
            owner: _,
        } = application;
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
            created_at,
        }
    }
}

impl StoredApplication {
    /// Converts to an application with the hold, the abandonment window and the owner of the item.
    pub(crate) fn application(
        self,
        hold: Option<Hold>,
        abandonment: Option<AbandonmentWindow>,
        owner: ApplicationOwner,
    ) -> Application {
        Application {
            id: self.id,
            coupon_id: self.coupon_id,
            code: self.code,
            is_unique_code: self.is_unique_code,
            customer: self.customer.map(Customer::from),
            order: self.order.into(),
            source: self.source,
            value: self.value.into(),
            discounted_before: self.discounted_before,
            discounted_after: self.discounted_after,
            discount: self.discount.into(),
            created_at: self.created_at,
            hold,
            abandonment,
            owner,
        }
    }
}
