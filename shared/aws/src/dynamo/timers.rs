//! Timers, by the minute that they are due in, and how far the scan has come.

use aws_sdk_dynamodb::types::TransactWriteItem;
use chrono::{DateTime, Utc};
use couponflow_app::error::StoreError;
use couponflow_app::ports::{StoredTimer, Timers};
use couponflow_domain::tenant::TenantId;
use couponflow_domain::timer::{Bucket, Progress, Timer};
use serde::{Deserialize, Serialize};

use super::counter::instant;
use super::item::{IntoElement as _, Stored, from_item, n, to_item};
use super::{Table, TenantStore, failed, keys};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TimerItem {
    pub(crate) tenant_id: TenantId,
    pub(crate) timer: Timer,
    /// Set only on a timer that was overdue.
    #[serde(skip_serializing_if = "Option::is_none")]
    resends: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resent_at_ms: Option<i64>,
}

impl Stored for TimerItem {
    const KIND: &'static str = "TIMER";
}

impl From<Timer> for TimerItem {
    fn from(timer: Timer) -> Self {
        Self { tenant_id: timer.tenant_id.clone(), timer, resends: None, resent_at_ms: None }
    }
}

impl From<TimerItem> for StoredTimer {
    fn from(item: TimerItem) -> Self {
        Self { timer: item.timer, resends: item.resends.unwrap_or(0), resent_at: item.resent_at_ms.map(instant) }
    }
}

/// A timer that was sent often and never fired.
#[derive(Debug, Serialize, Deserialize)]
struct SetAsideItem {
    timer: Timer,
}

impl Stored for SetAsideItem {
    const KIND: &'static str = "TIMER_SET_ASIDE";
}

#[derive(Debug, Serialize, Deserialize)]
struct ProgressItem {
    from_ms: i64,
    sent_through_ms: i64,
}

impl Stored for ProgressItem {
    const KIND: &'static str = "SCAN";
}

impl Timers for Table {
    async fn timers_in(&self, bucket: Bucket) -> Result<Vec<StoredTimer>, StoreError> {
        let doing = "reading timers";
        let items = self.partition(keys::bucket(bucket), doing).await?;
        let timers = items.into_iter().filter_map(|item| match from_item::<TimerItem>(item, doing) {
            Ok(item) => Some(item.into()),
            Err(error) => {
                // One damaged item must not stop the timers beside it.
                tracing::error!(error = %error, "Left out a timer that can't be read");
                None
            }
        });
        Ok(timers.collect())
    }

    async fn mark_resent(&self, timer: &Timer, resends: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
        let update = self
            .update(keys::timer(timer))
            .update_expression("SET resends = :resends, resent_at_ms = :now")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":resends", n(resends))
            .expression_attribute_values(":now", n(now.timestamp_millis()));
        let doing = "marking a timer as sent again";
        self.transact(vec![update.element(doing)?], doing).await.map(|_| ())
    }

    async fn set_aside(&self, timer: &Timer) -> Result<(), StoreError> {
        let doing = "setting a timer aside";
        let item = to_item(keys::timer_set_aside(timer), &SetAsideItem { timer: timer.clone() }, doing)?;
        let elements = vec![self.put(item).element(doing)?, self.delete(keys::timer(timer)).element(doing)?];
        self.transact(elements, doing).await.map(|_| ())
    }

    async fn scan_progress(&self) -> Result<Option<Progress>, StoreError> {
        let item: Option<ProgressItem> = self.get(keys::scan_progress(), "reading the progress of the scan").await?;
        Ok(item.map(|item| Progress { from: instant(item.from_ms), sent_through: instant(item.sent_through_ms) }))
    }

    async fn save_scan_progress(&self, progress: Progress) -> Result<(), StoreError> {
        let doing = "saving the progress of the scan";
        let from_ms = progress.from.timestamp_millis();
        let item = ProgressItem { from_ms, sent_through_ms: progress.sent_through.timestamp_millis() };
        let put = self.put(to_item(keys::scan_progress(), &item, doing)?);
        self.transact(vec![put.element(doing)?], doing).await.map(|_| ())
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
