//! Stores timers by the minute in which they are due, and the progress of the expiry scan.

use aws_sdk_dynamodb::types::TransactWriteItem;
use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::{StoreError, chain};
use couponflow_app::timers::ports::{OverdueTimer, StoredTimer, TimerPage};
use couponflow_domain::automation::execution::Execution;
use couponflow_domain::tenants::tenant::TenantId;
use couponflow_domain::timers::timer::{Bucket, BucketRange, Check, ScanPosition, ScanProgress, Timer, minute_of};
use serde::{Deserialize, Serialize};

use super::stored_timer::StoredTimerValue;
use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::instant::instant;
use crate::dynamo::engine::item::{Stored, from_item, n, s, to_item};
use crate::dynamo::engine::keys;
use crate::dynamo::engine::table::Table;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::failure::failed;

/// Maximum number of items that one query reads. An item has a few hundred bytes, so a page needs
/// little memory even if many timers are due in the same minute.
const PAGE_SIZE: i32 = 500;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TimerItem {
    pub(crate) tenant_id: TenantId,
    pub(crate) timer: StoredTimerValue,
    /// Set only on a timer that was overdue.
    #[serde(skip_serializing_if = "Option::is_none")]
    resends: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resent_at_ms: Option<i64>,
    /// Set only on a timer in the list of overdue timers.
    #[serde(skip_serializing_if = "Option::is_none")]
    listed: Option<bool>,
    /// Index entry of a timer that wakes an execution of a contact. Items that earlier versions of couponflow stored
    /// have no index entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    gsi1pk: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gsi1sk: Option<String>,
}

impl TimerItem {
    /// Creates the item of a timer that is put back into its bucket and is in the list of overdue timers.
    pub(crate) fn listed(timer: Timer) -> Self {
        Self { listed: Some(true), ..Self::from(timer) }
    }
}

impl Stored for TimerItem {
    const KIND: &'static str = "TIMER";
}

impl From<Timer> for TimerItem {
    fn from(timer: Timer) -> Self {
        let tenant_id = timer.tenant_id.clone();
        let timer = timer.into();
        Self { tenant_id, timer, resends: None, resent_at_ms: None, listed: None, gsi1pk: None, gsi1sk: None }
    }
}

impl From<TimerItem> for StoredTimer {
    fn from(item: TimerItem) -> Self {
        Self {
            timer: item.timer.into(),
            resends: item.resends.unwrap_or(0),
            resent_at: item.resent_at_ms.map(instant),
            is_listed: item.listed.unwrap_or(false),
        }
    }
}

/// Progress of the scan in one shard.
#[derive(Debug, Serialize, Deserialize)]
struct ProgressItem {
    sent_minute_ms: i64,
    sent_after: String,
    from_ms: i64,
    check: Option<CheckItem>,
}

#[derive(Debug, Serialize, Deserialize)]
struct CheckItem {
    minute_ms: i64,
    after: String,
    oldest_left_ms: Option<i64>,
}

impl Stored for ProgressItem {
    const KIND: &'static str = "SCAN";
}

impl From<&ScanProgress> for ProgressItem {
    fn from(progress: &ScanProgress) -> Self {
        Self {
            sent_minute_ms: progress.sent.minute.timestamp_millis(),
            sent_after: progress.sent.after.clone(),
            from_ms: progress.from.timestamp_millis(),
            check: progress.check.as_ref().map(|check| CheckItem {
                minute_ms: check.at.minute.timestamp_millis(),
                after: check.at.after.clone(),
                oldest_left_ms: check.oldest_left.map(|minute| minute.timestamp_millis()),
            }),
        }
    }
}

impl From<ProgressItem> for ScanProgress {
    fn from(item: ProgressItem) -> Self {
        Self {
            sent: ScanPosition { minute: instant(item.sent_minute_ms), after: item.sent_after },
            from: instant(item.from_ms),
            check: item.check.map(|check| Check {
                at: ScanPosition { minute: instant(check.minute_ms), after: check.after },
                oldest_left: check.oldest_left_ms.map(instant),
            }),
        }
    }
}

/// Progress of all shards together, as earlier versions stored it.
#[derive(Debug, Serialize, Deserialize)]
struct CommonProgressItem {
    from_ms: i64,
    sent_through_ms: i64,
}

impl Stored for CommonProgressItem {
    const KIND: &'static str = "SCAN";
}

impl From<CommonProgressItem> for ScanProgress {
    fn from(item: CommonProgressItem) -> Self {
        let sent = ScanPosition::through(instant(item.sent_through_ms));
        Self { sent, from: minute_of(instant(item.from_ms)), check: None }
    }
}

impl Table {
    pub(crate) async fn set_timer(&self, timer: &Timer) -> Result<(), StoreError> {
        let doing = "setting a timer";
        let put = self.put(to_item(keys::timer(timer), &TimerItem::from(timer.clone()), doing)?).element(doing)?;
        self.transact(vec![put], doing).await.map(|_| ())
    }

    pub(crate) async fn timers_in(&self, shard: u8, range: &BucketRange) -> Result<TimerPage<StoredTimer>, StoreError> {
        let bucket = keys::bucket(Bucket { minute: range.minute, shard });
        let part = self.part::<TimerItem>(bucket, (&range.after, &range.through), PAGE_SIZE, "reading timers").await?;
        Ok(TimerPage { items: part.items.into_iter().map(StoredTimer::from).collect(), next: part.next })
    }

    pub(crate) async fn is_set(&self, timer: &Timer) -> Result<bool, StoreError> {
        Ok(self.raw(keys::timer(timer), "reading a timer").await?.is_some())
    }

    pub(crate) async fn mark_resent(&self, timer: &Timer, resends: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
        let update = self
            .update_item(keys::timer(timer))
            .update_expression("SET resends = :resends, resent_at_ms = :now")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":resends", n(resends))
            .expression_attribute_values(":now", n(now.timestamp_millis()));
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(()),
            Err(error) => Err(failed("marking a timer as sent again")(error.into())),
        }
    }

    pub(crate) async fn overdue_in(
        &self,
        shard: u8,
        after: &str,
        now: DateTime<Utc>,
    ) -> Result<TimerPage<OverdueTimer>, StoreError> {
        self.overdue_part(shard, (after, &ScanPosition::through(now).after), PAGE_SIZE).await
    }

    pub(crate) async fn scan_progress(&self, shard: u8) -> Result<Option<ScanProgress>, StoreError> {
        let doing = "reading the progress of the scan";
        if let Some(item) = self.get::<ProgressItem>(keys::scan_progress(shard), doing).await? {
            return Ok(Some(item.into()));
        }
        let common: Option<CommonProgressItem> = self.get(keys::common_scan_progress(), doing).await?;
        Ok(common.map(ScanProgress::from))
    }

    pub(crate) async fn save_scan_progress(&self, shard: u8, progress: &ScanProgress) -> Result<(), StoreError> {
        let doing = "saving the progress of the scan";
        let item = to_item(keys::scan_progress(shard), &ProgressItem::from(progress), doing)?;
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put.send().await.map(|_| ()).map_err(|error| failed(doing)(error.into()))
    }

    pub(crate) async fn remove_timer(&self, timer: &Timer) -> Result<(), StoreError> {
        let delete = self.client.delete_item().table_name(&self.name).set_key(Some(keys::timer(timer).attributes()));
        delete.send().await.map(|_| ()).map_err(|error| failed("removing a timer")(error.into()))
    }

    /// Reads the first items of a partition that sort after `after`, up to and including `through`,
    /// with strong consistency. An item that cannot be parsed is logged and skipped, so that the
    /// other items are still read.
    pub(crate) async fn part<T: Stored>(
        &self,
        pk: String,
        (after, through): (&str, &str),
        limit: i32,
        doing: &'static str,
    ) -> Result<TimerPage<T>, StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("pk = :pk AND sk BETWEEN :after AND :through")
            .expression_attribute_values(":pk", s(pk))
            // Excludes `after` itself. A space sorts before every character that can follow `after`
            // in a longer key.
            .expression_attribute_values(":after", s(format!("{after} ")))
            .expression_attribute_values(":through", s(through))
            .consistent_read(true)
            .limit(limit)
            .send()
            .await
            .map_err(|error| failed(doing)(error.into()))?;
        let next = answer.last_evaluated_key.and_then(|mut key| key.remove("sk")?.as_s().ok().cloned());
        let items = answer.items.unwrap_or_default().into_iter().filter_map(|item| match from_item::<T>(item, doing) {
            Ok(item) => Some(item),
            Err(error) => {
                tracing::error!(error = %chain(&error), "Skipped an item that could not be parsed");
                None
            }
        });
        Ok(TimerPage { items: items.collect(), next })
    }
}

impl TenantStore {
    /// Builds a transactional put of a timer. Idempotent.
    pub(crate) fn put_timer(&self, timer: &Timer, doing: &'static str) -> Result<TransactWriteItem, StoreError> {
        self.table.put(to_item(keys::timer(timer), &TimerItem::from(timer.clone()), doing)?).element(doing)
    }

    /// Builds a transactional put of the timer that wakes an execution, and lists the timer under
    /// the contact of the execution.
    pub(crate) fn put_wake(
        &self,
        execution: &Execution,
        timer: &Timer,
        doing: &'static str,
    ) -> Result<TransactWriteItem, StoreError> {
        let Some(contact) = &execution.contact else { return self.put_timer(timer, doing) };
        let (list, id) = (self.keys.wakes(contact), execution.id.to_string());
        let item = TimerItem { gsi1pk: Some(list), gsi1sk: Some(id), ..TimerItem::from(timer.clone()) };
        self.table.put(to_item(keys::timer(timer), &item, doing)?).element(doing)
    }
}
