//! Stores the buckets of rate limits, one item per caller. The item holds the instant at which the bucket is full again.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::tenants::rate_limiter::{Bucket, RateLimitBuckets};
use couponflow_domain::tenants::rate_limit::Charge;

use crate::dynamo::engine::item::{Item, n, s};
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::failure::failed;

const DOING: &str = "charging calls to a rate limit";

/// How long the item of a full bucket is kept.
const KEPT: TimeDelta = TimeDelta::hours(1);

impl RateLimitBuckets for TenantStore {
    /// Makes one call if the bucket is full or empty, and otherwise two.
    async fn charge(&self, bucket: &Bucket, units: u32, now: DateTime<Utc>) -> Result<Charge, StoreError> {
        let limit = bucket.limit;
        // The bucket of most callers is full.
        let Charge::Taken { full_at } = limit.charge(None, units, now) else {
            return Err(StoreError::damaged(DOING, "a full bucket has too few units"));
        };
        let fill = self
            .update_bucket(bucket, full_at)
            .update_expression("SET full_at_us = :full, #ttl = :ttl, #kind = :kind")
            .condition_expression("attribute_not_exists(full_at_us) OR full_at_us <= :now")
            .expression_attribute_values(":full", n(full_at.timestamp_micros()))
            .expression_attribute_values(":now", n(now.timestamp_micros()));
        let Some(stored) = sent(fill).await? else { return Ok(Charge::Taken { full_at }) };
        let stored = instant(stored)?;
        let Charge::Taken { full_at } = limit.charge(Some(stored), units, now) else {
            return Ok(limit.charge(Some(stored), units, now));
        };
        // Other instances may take units at the same time, so the update adds to the current value, as far as the
        // bucket permits it.
        let latest = now + limit.refill_time(limit.capacity) - limit.refill_time(units);
        let take = self
            .update_bucket(bucket, full_at)
            .update_expression("SET full_at_us = full_at_us + :refill, #ttl = :ttl, #kind = :kind")
            .condition_expression("full_at_us <= :latest")
            .expression_attribute_values(":refill", n(limit.refill_time(units).num_microseconds().unwrap_or(i64::MAX)))
            .expression_attribute_values(":latest", n(latest.timestamp_micros()));
        match sent(take).await? {
            None => Ok(Charge::Taken { full_at }),
            Some(stored) => Ok(limit.charge(Some(instant(stored)?), units, now)),
        }
    }
}

impl TenantStore {
    fn update_bucket(&self, bucket: &Bucket, full_at: DateTime<Utc>) -> UpdateItemFluentBuilder {
        self.table
            .update_item(self.keys.rate_limit(bucket.kind, &bucket.caller))
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_names("#kind", "kind")
            .expression_attribute_values(":ttl", n((full_at + KEPT).timestamp()))
            .expression_attribute_values(":kind", s("RATE_LIMIT"))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }
}

/// Sends an update. Returns the stored item if the condition fails.
async fn sent(update: UpdateItemFluentBuilder) -> Result<Option<Item>, StoreError> {
    let Err(error) = update.send().await else { return Ok(None) };
    match error.into_service_error() {
        UpdateItemError::ConditionalCheckFailedException(failed) => Ok(Some(failed.item.unwrap_or_default())),
        other => Err(failed(DOING)(other.into())),
    }
}

fn instant(item: Item) -> Result<DateTime<Utc>, StoreError> {
    let microseconds = item.get("full_at_us").and_then(|value| value.as_n().ok()?.parse().ok());
    let damaged = || StoreError::damaged(DOING, "full_at_us is not a valid instant");
    microseconds.and_then(DateTime::from_timestamp_micros).ok_or_else(damaged)
}
