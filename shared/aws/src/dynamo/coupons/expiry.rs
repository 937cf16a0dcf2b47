//! Expires coupons and announces their expiry.

use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::kernel::span::Span;
use couponflow_domain::timers::timer::{Purpose, Timer};

use super::coupon_items::Notice;
use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::item::{n, s};
use crate::dynamo::engine::keys;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::failure::failed;

impl TenantStore {
    pub(crate) async fn expire_coupon(&self, id: &CouponId, expires_at: DateTime<Utc>) -> Result<bool, StoreError> {
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
        let timer = self.timer(expires_at, Purpose::CouponExpiry { coupon_id: id.clone() });
        let elements = vec![expire.element(doing)?, self.table.delete(keys::timer(&timer)).element(doing)?];
        Ok(self.table.transact(elements, doing).await?.is_committed())
    }

    pub(crate) async fn announce_expiry(
        &self,
        id: &CouponId,
        expires_at: DateTime<Utc>,
        lead: Span,
        timer: &Timer,
    ) -> Result<bool, StoreError> {
        let doing = "announcing the expiry of a coupon";
        let notice = Notice { lead, expires_at_ms: expires_at.timestamp_millis() };
        let notice = serde_dynamo::to_attribute_value(notice).map_err(|error| failed(doing)(Box::new(error)))?;
        let announce = self
            .table
            .update(self.keys.counter(id))
            .update_expression("SET last_notice = :notice")
            .condition_expression("#state = :active AND expires_at_ms = :instant")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":notice", notice)
            .expression_attribute_values(":active", s("active"))
            .expression_attribute_values(":instant", n(expires_at.timestamp_millis()));
        // Only one caller can delete the timer, so the notice is recorded only once.
        let claim = self.table.delete(keys::timer(timer)).condition_expression("attribute_exists(pk)");
        let elements = vec![announce.element(doing)?, claim.element(doing)?];
        Ok(self.table.transact(elements, doing).await?.is_committed())
    }

    /// Builds a timer of this tenant.
    pub(crate) fn timer(&self, due_at: DateTime<Utc>, purpose: Purpose) -> Timer {
        Timer { tenant_id: self.keys.tenant.clone(), due_at, purpose }
    }

    /// Builds the timers of a coupon's expiry and of the notices that are due after `now`.
    pub(crate) fn expiry_timers(&self, coupon: &Coupon, now: DateTime<Utc>) -> Vec<Timer> {
        let Some(expires_at) = coupon.terms.expires_at else { return Vec::new() };
        let expiry = self.timer(expires_at, Purpose::CouponExpiry { coupon_id: coupon.id.clone() });
        let notices = coupon.terms.expiry_lead_times.iter().map(|lead| {
            self.timer(expires_at - lead.delta(), Purpose::CouponExpiring { coupon_id: coupon.id.clone(), lead: *lead })
        });
        std::iter::once(expiry).chain(notices.filter(|notice| notice.due_at > now)).collect()
    }
}
