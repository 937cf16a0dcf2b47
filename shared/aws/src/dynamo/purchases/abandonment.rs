//! Abandons applications. An application is abandoned if its abandonment window ends without a
//! redemption.

use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::purchases::customer::Customer;
use couponflow_domain::purchases::{Application, purchase_key};
use couponflow_domain::timers::timer::Timer;
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::item::{Stored, n, s};
use crate::dynamo::engine::key::Key;
use crate::dynamo::engine::keys;
use crate::dynamo::engine::tenant_store::TenantStore;

/// Counters of one customer of a coupon.
#[derive(Debug, Serialize, Deserialize)]
struct CustomerItem {
    #[serde(default)]
    redeemed: i64,
    #[serde(default)]
    last_redeemed_at_ms: Option<i64>,
}

impl Stored for CustomerItem {
    const KIND: &'static str = "CUSTOMER";
}

impl TenantStore {
    pub(crate) async fn has_redeemed_since(
        &self,
        coupon_id: &CouponId,
        customer: &Customer,
        since: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let items = self.customer_items(coupon_id, customer, "reading a customer's latest redemption").await?;
        let last = items.iter().filter_map(|item| item.last_redeemed_at_ms).max();
        Ok(last.is_some_and(|last| last >= since.timestamp_millis()))
    }

    pub(crate) async fn abandon(&self, application: &Application, timer: &Timer) -> Result<bool, StoreError> {
        let doing = "abandoning an application";
        let abandon = self
            .table
            .update(self.keys.application(application.id.key()))
            .update_expression("SET abandoned_at_ms = :due")
            .condition_expression(
                "abandonment_due_ms = :due AND attribute_not_exists(abandonment_restarted_until_ms) \
                 AND attribute_not_exists(abandoned_at_ms)",
            )
            .expression_attribute_values(":due", n(timer.due_at.timestamp_millis()));
        let not_redeemed = match application.is_unique_code {
            true => self
                .table
                .check(self.keys.code(&application.code))
                .condition_expression("attribute_not_exists(order_id) OR order_id <> :order")
                .expression_attribute_values(":order", s(&application.order.id)),
            false => {
                let redemption = self.keys.redemption(&purchase_key(&application.coupon_id, &application.order.id));
                self.table.check(redemption).condition_expression("attribute_not_exists(pk)")
            }
        };
        let elements = vec![
            abandon.element(doing)?,
            not_redeemed.element(doing)?,
            self.table.delete(keys::timer(timer)).element(doing)?,
        ];
        Ok(self.table.transact(elements, doing).await?.is_committed())
    }

    pub(crate) async fn rearm_abandonment(&self, application: &Application, timer: &Timer) -> Result<bool, StoreError> {
        let doing = "setting the timer of an abandonment window that has restarted";
        let Some(window) = application.abandonment else { return Ok(false) };
        // The relay sees the new instant in the stream record and sets the timer.
        let rearm = self
            .table
            .update(self.keys.application(application.id.key()))
            .update_expression("SET abandonment_due_ms = :due REMOVE abandonment_restarted_until_ms")
            .condition_expression("abandonment_due_ms = :timer AND abandonment_restarted_until_ms = :due")
            .expression_attribute_values(":timer", n(timer.due_at.timestamp_millis()))
            .expression_attribute_values(":due", n(window.rearmed().timer_at.timestamp_millis()));
        let elements = vec![rearm.element(doing)?, self.table.delete(keys::timer(timer)).element(doing)?];
        Ok(self.table.transact(elements, doing).await?.is_committed())
    }

    /// Returns the highest number of redemptions that is counted for any of the customer's identities.
    pub(crate) async fn counted_redemptions(
        &self,
        coupon_id: &CouponId,
        customer: &Customer,
    ) -> Result<i64, StoreError> {
        let items = self.customer_items(coupon_id, customer, "reading a customer's number of redemptions").await?;
        Ok(items.iter().map(|item| item.redeemed).max().unwrap_or(0).max(0))
    }

    /// Reads the counters of every identity of a customer. Leaves out the identities that have no counters.
    async fn customer_items(
        &self,
        coupon_id: &CouponId,
        customer: &Customer,
        doing: &'static str,
    ) -> Result<Vec<CustomerItem>, StoreError> {
        let identities = customer.identity_keys();
        let keys: Vec<Key> = identities.iter().map(|identity| self.keys.customer(coupon_id, identity)).collect();
        Ok(self.table.get_all(&keys, doing).await?.into_iter().flatten().collect())
    }

    /// Records the instant of a customer's latest redemption of a coupon. An earlier instant changes nothing.
    pub(crate) async fn remember_redemption(
        &self,
        coupon_id: &CouponId,
        customer: &Customer,
        at: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let doing = "recording a customer's latest redemption";
        let notes = customer.identity_keys().into_iter().map(|identity| async move {
            let note = self
                .table
                .update(self.keys.customer(coupon_id, &identity))
                .update_expression("SET last_redeemed_at_ms = :at")
                .condition_expression("attribute_not_exists(last_redeemed_at_ms) OR last_redeemed_at_ms < :at")
                .expression_attribute_values(":at", n(at.timestamp_millis()));
            // The condition also fails if an earlier attempt has recorded the instant.
            self.table.transact(vec![note.element(doing)?], doing).await
        });
        try_join_all(notes).await.map(|_| ())
    }
}
