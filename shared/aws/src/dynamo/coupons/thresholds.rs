//! Stores which event announces a threshold. A threshold is announced once per limit epoch. A new
//! epoch begins when an edit raises, removes or introduces the limit, and when a rollback makes a
//! used-up coupon redeemable again.

use couponflow_app::kernel::error::StoreError;
use couponflow_domain::coupons::coupon::Threshold;
use couponflow_domain::events::event::Event;
use couponflow_domain::kernel::counters::LimitEpoch;

use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::item::s;
use crate::dynamo::engine::tenant_store::TenantStore;

impl TenantStore {
    /// Claims a threshold of a limit epoch for an event. Returns false if another event has claimed
    /// the threshold.
    pub(crate) async fn claim_threshold_for(
        &self,
        threshold: Threshold,
        limit_epoch: LimitEpoch,
        event: &Event,
    ) -> Result<bool, StoreError> {
        let doing = "claiming a threshold";
        let claim = self
            .table
            .update(self.keys.threshold(&event.data.coupon.id, limit_epoch, threshold))
            .update_expression("SET event_id = :event")
            .condition_expression("attribute_not_exists(event_id) OR event_id = :event")
            .expression_attribute_values(":event", s(event.id().as_str()));
        // The event that has claimed the threshold meets the condition again.
        Ok(self.table.transact(vec![claim.element(doing)?], doing).await?.is_committed())
    }
}
