//! Timers, by the minute that they are due in, and how far the scan has come.

use aws_sdk_dynamodb::types::TransactWriteItem;
use chrono::{DateTime, Utc};
use couponflow_app::error::StoreError;
use couponflow_app::ports::{ScanProgress, Timers};
use couponflow_domain::tenant::TenantId;
use couponflow_domain::timer::{Bucket, Timer};
use serde::{Deserialize, Serialize};

use super::counter::instant;
use super::item::{IntoElement as _, Stored, from_item, n, to_item};
use super::{Table, TenantStore, failed, keys};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TimerItem {
    pub(crate) tenant_id: TenantId,
    pub(crate) timer: Timer,
}

impl Stored for TimerItem {
    const KIND: &'static str = "TIMER";
}

impl From<Timer> for TimerItem {
    fn from(timer: Timer) -> Self {
        Self { tenant_id: timer.tenant_id.clone(), timer }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct ProgressItem {
    from_ms: i64,
    last_scan_ms: i64,
}

impl Stored for ProgressItem {
    const KIND: &'static str = "SCAN";
}

impl Timers for Table {
    async fn timers_in(&self, bucket: Bucket) -> Result<Vec<Timer>, StoreError> {
        let doing = "reading timers";
        let items = self.partition(keys::bucket(bucket), doing).await?;
        let timers = items.into_iter().filter_map(|item| match from_item::<TimerItem>(item, doing) {
            Ok(item) => Some(item.timer),
            Err(error) => {
                // One damaged item must not stop the timers beside it.
                tracing::error!(error = %error, "Left out a timer that can't be read");
                None
            }
        });
        Ok(timers.collect())
    }

    async fn scan_progress(&self) -> Result<ScanProgress, StoreError> {
        let item: Option<ProgressItem> = self.get(keys::scan_progress(), "reading the progress of the scan").await?;
        Ok(item.map_or_else(ScanProgress::default, |item| ScanProgress {
            from: Some(instant(item.from_ms)),
            last_scan: Some(instant(item.last_scan_ms)),
        }))
    }

    async fn save_scan_progress(&self, from: DateTime<Utc>, scanned_at: DateTime<Utc>) -> Result<(), StoreError> {
        let doing = "saving the progress of the scan";
        let item = ProgressItem { from_ms: from.timestamp_millis(), last_scan_ms: scanned_at.timestamp_millis() };
        // A slow scan that ends after a later one must not move the progress back and forth.
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(to_item(keys::scan_progress(), &item, doing)?))
            .condition_expression("attribute_not_exists(pk) OR last_scan_ms <= :scanned")
            .expression_attribute_values(":scanned", n(item.last_scan_ms));
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(()),
            Err(error) => Err(failed(doing)(error.into())),
        }
    }

    async fn remove_timer(&self, timer: &Timer) -> Result<(), StoreError> {
        let delete = self.client.delete_item().table_name(&self.name).set_key(Some(keys::timer(timer).attributes()));
        delete.send().await.map(|_| ()).map_err(|error| failed("removing a timer")(error.into()))
    }
}

impl TenantStore {
    /// Sets a timer, in a transaction. Setting it again changes nothing.
    pub(super) fn put_timer(&self, timer: &Timer, doing: &'static str) -> Result<TransactWriteItem, StoreError> {
        self.table.put(to_item(keys::timer(timer), &TimerItem::from(timer.clone()), doing)?).element(doing)
    }
}
