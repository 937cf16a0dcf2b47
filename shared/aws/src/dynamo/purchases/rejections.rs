//! Stores one item for each rejected attempt to apply or redeem a code. The relay builds the event
//! from the stream record of the item.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::NaiveDate;
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
use crate::dynamo::engine::key::Key;
use crate::dynamo::engine::person_entry::PersonEntry;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::dynamo::engine::transact::Transacted;
use crate::failure::failed;

/// How long an attempt is kept. Long enough for the relay to catch up after an outage.
const KEPT: chrono::TimeDelta = chrono::TimeDelta::days(7);

/// Maximum number of attempts that one transaction counts. DynamoDB permits 100 elements. Each attempt needs one element,
/// the total needs one, and each day needs one. More than nine days cannot occur, because an attempt is kept for seven.
const CHUNK: usize = 90;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RejectionItem {
    pub(crate) tenant_id: TenantId,
    pub(crate) attempt: StoredAttempt,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) coupon: Option<StoredSnapshot>,
    /// When DynamoDB may delete the item, in seconds since 1970.
    ttl: i64,
    /// Lists the attempt under its customer. Absent in items that earlier versions of couponflow stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gsi1pk: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gsi1sk: Option<String>,
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
        let key = self.keys.rejection(attempt);
        let entry = PersonEntry::new(&self.keys, attempt.customer.as_ref(), &key.pk, attempt.at);
        let item = RejectionItem {
            tenant_id: self.keys.tenant.clone(),
            attempt: attempt.clone().into(),
            coupon: coupon.cloned().map(StoredSnapshot::from),
            ttl: (attempt.at + KEPT).timestamp(),
            gsi1pk: entry.gsi1pk,
            gsi1sk: entry.gsi1sk,
        };
        let item = to_item(key, &item, doing)?;
        let put = self.table.client.put_item().table_name(&self.table.name).set_item(Some(item));
        put.send().await.map(|_| ()).map_err(|error| failed(doing)(error.into()))
    }

    /// Counts attempts with codes that belong to no coupon, each once. Skips attempts that are already counted and
    /// attempts whose items no longer exist.
    pub(crate) async fn count_attempts(&self, attempts: &[RejectedAttempt]) -> Result<(), StoreError> {
        let distinct: BTreeMap<Key, &RejectedAttempt> =
            attempts.iter().map(|attempt| (self.keys.rejection(attempt), attempt)).collect();
        let distinct: Vec<(Key, &RejectedAttempt)> = distinct.into_iter().collect();
        for chunk in distinct.chunks(CHUNK) {
            self.count_chunk_of_attempts(chunk.to_vec()).await?;
        }
        Ok(())
    }

    /// Counts attempts in one transaction, which marks each attempt as counted. If some of the attempts are already
    /// counted, retries with the others.
    async fn count_chunk_of_attempts(&self, mut left: Vec<(Key, &RejectedAttempt)>) -> Result<(), StoreError> {
        let doing = "counting rejections";
        while !left.is_empty() {
            let mut total = Statistics::default();
            let mut days: BTreeMap<NaiveDate, Statistics> = BTreeMap::new();
            let mut elements = Vec::with_capacity(left.len() + 2);
            for (key, attempt) in &left {
                for counts in [&mut total, days.entry(attempt.at.date_naive()).or_default()] {
                    *counts.rejected.entry(attempt.rejection).or_default() += 1;
                }
                let once = self
                    .table
                    .update(key.clone())
                    .update_expression("SET counted = :yes")
                    .condition_expression("attribute_exists(pk) AND attribute_not_exists(counted)")
                    .expression_attribute_values(":yes", AttributeValue::Bool(true));
                elements.push(once.element(doing)?);
            }
            elements.push(self.add_statistics(self.keys.stats_without_coupon(), &total).element(doing)?);
            for (day, counts) in &days {
                elements.push(self.add_statistics(self.keys.stats_of_day(None, *day), counts).element(doing)?);
            }
            let Transacted::Cancelled(cancellation) = self.table.transact(elements, doing).await? else {
                return Ok(());
            };
            let (mut place, before) = (0.., left.len());
            left.retain(|_| place.next().is_some_and(|place| !cancellation.failed_at(place)));
            if left.len() == before {
                let detail = "the transaction was cancelled although none of the attempts is counted";
                return Err(StoreError::damaged(doing, detail));
            }
        }
        Ok(())
    }
}
