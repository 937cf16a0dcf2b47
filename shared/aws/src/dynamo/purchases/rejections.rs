//! Stores one item for each rejected attempt to apply or redeem a code. The relay builds the event
//! from the stream record of the item.

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::coupons::statistics::Statistics;
use couponflow_domain::events::event::CouponSnapshot;
use couponflow_domain::purchases::RejectedAttempt;
use couponflow_domain::tenants::tenant::TenantId;
use serde::{Deserialize, Serialize};

use super::stored_attempt::StoredAttempt;
use crate::dynamo::coupons::stored_snapshot::StoredSnapshot;
use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::item::{Stored, to_item};
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::failure::failed;

/// How long an attempt is kept. Long enough for the relay to catch up after an outage.
const KEPT: chrono::TimeDelta = chrono::TimeDelta::days(7);

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RejectionItem {
    pub(crate) tenant_id: TenantId,
    pub(crate) attempt: StoredAttempt,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) coupon: Option<StoredSnapshot>,
    /// When DynamoDB may delete the item, in seconds since 1970.
    ttl: i64,
}

impl Stored for RejectionItem {
    const KIND: &'static str = "REJECTION";
}

impl TenantStore {
    pub(crate) async fn record_rejection(
        &self,
        attempt: &RejectedAttempt,
        coupon: Option<&CouponSnapshot>,
    ) -> Result<(), StoreError> {
        let doing = "recording a rejection";
        let item = RejectionItem {
            tenant_id: self.keys.tenant.clone(),
            attempt: attempt.clone().into(),
            coupon: coupon.cloned().map(StoredSnapshot::from),
            ttl: (attempt.at + KEPT).timestamp(),
        };
        let item = to_item(self.keys.rejection(attempt), &item, doing)?;
        let put = self.table.client.put_item().table_name(&self.table.name).set_item(Some(item));
        put.send().await.map(|_| ()).map_err(|error| failed(doing)(error.into()))
    }

    /// Counts an attempt with a code that belongs to no coupon. Idempotent.
    pub(crate) async fn count_rejection_once(&self, attempt: &RejectedAttempt) -> Result<(), StoreError> {
        let doing = "counting a rejection";
        let mut counts = Statistics::default();
        counts.rejected.insert(attempt.rejection, 1);
        let once = self
            .table
            .update(self.keys.rejection(attempt))
            .update_expression("SET counted = :yes")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(counted)")
            .expression_attribute_values(":yes", AttributeValue::Bool(true));
        let day = self.keys.stats_of_day(None, attempt.at.date_naive());
        let elements = vec![
            once.element(doing)?,
            self.add_statistics(self.keys.stats_without_coupon(), &counts).element(doing)?,
            self.add_statistics(day, &counts).element(doing)?,
        ];
        self.table.transact(elements, doing).await.map(|_| ())
    }
}
