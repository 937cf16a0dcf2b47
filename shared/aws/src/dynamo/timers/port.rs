//! The port of the room. Each method is implemented in the file of the items that it reads or writes.

use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_app::timers::ports::{OverdueTimer, StoredTimer, TimerPage, TimerStore};
use couponflow_domain::timers::timer::{BucketRange, ScanProgress, Timer};

use crate::dynamo::engine::table::Table;

impl TimerStore for Table {
    async fn set_timer(&self, timer: &Timer) -> Result<(), StoreError> {
        self.set_timer(timer).await
    }

    async fn timers_in(&self, shard: u8, range: &BucketRange) -> Result<TimerPage<StoredTimer>, StoreError> {
        self.timers_in(shard, range).await
    }

    async fn is_set(&self, timer: &Timer) -> Result<bool, StoreError> {
        self.is_set(timer).await
    }

    async fn mark_resent(&self, timer: &Timer, resends: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.mark_resent(timer, resends, now).await
    }

    async fn list_overdue(&self, timer: &Timer, retry_at: DateTime<Utc>) -> Result<(), StoreError> {
        self.add_overdue(timer, retry_at).await
    }

    async fn overdue_in(
        &self,
        shard: u8,
        after: &str,
        now: DateTime<Utc>,
    ) -> Result<TimerPage<OverdueTimer>, StoreError> {
        self.overdue_in(shard, after, now).await
    }

    async fn postpone(&self, overdue: &OverdueTimer, retry_at: DateTime<Utc>) -> Result<(), StoreError> {
        self.move_overdue(overdue, retry_at).await
    }

    async fn unlist(&self, overdue: &OverdueTimer) -> Result<(), StoreError> {
        self.remove_overdue(overdue).await
    }

    async fn scan_progress(&self, shard: u8) -> Result<Option<ScanProgress>, StoreError> {
        self.scan_progress(shard).await
    }

    async fn save_scan_progress(&self, shard: u8, progress: &ScanProgress) -> Result<(), StoreError> {
        self.save_scan_progress(shard, progress).await
    }

    async fn remove_timer(&self, timer: &Timer) -> Result<(), StoreError> {
        self.remove_timer(timer).await
    }

    async fn overdue_timers(&self, page: &PageRequest) -> Result<Page<OverdueTimer>, StoreError> {
        self.overdue_timers(page).await
    }

    async fn requeue(&self, overdue: &OverdueTimer, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.requeue(overdue, now).await
    }
}
