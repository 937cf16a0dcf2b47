//! Expiry of a coupon whose instant has come.

use chrono::{DateTime, Utc};
use couponflow_app::error::StoreError;
use couponflow_app::ports::Expiry;
use couponflow_domain::ids::CouponId;
use couponflow_domain::timer::Timer;

use super::item::{IntoElement as _, n, s};
use super::transact::Transacted;
use super::{TenantStore, keys};

impl Expiry for TenantStore {
    async fn expire_coupon(&self, id: &CouponId, expires_at: DateTime<Utc>, timer: &Timer) -> Result<bool, StoreError> {
        let doing = "expiring a coupon";
        let expire = self
            .table
            .update(self.keys.counter(id))
            .update_expression("SET #state = :expired, version = version + :one, updated_at_ms = :instant")
            .condition_expression("#state = :active AND expires_at_ms = :instant")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":expired", s("expired"))
            .expression_attribute_values(":active", s("active"))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":instant", n(expires_at.timestamp_millis()));
        let elements = vec![expire.element(doing)?, self.table.delete(keys::timer(timer)).element(doing)?];
        Ok(matches!(self.table.transact(elements, doing).await?, Transacted::Committed))
    }
}
