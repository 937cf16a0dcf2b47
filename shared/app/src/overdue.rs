//! Overdue timers, for operators.

use chrono::{DateTime, Utc};
use couponflow_domain::tenant::TenantId;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::error::StoreError;
use crate::ports::{OverdueTimers, PageRequest};

/// Timers that one call requeues, at most.
const MOST_REQUEUED: usize = 1000;

/// Timers that are read at a time.
const PAGE: usize = 100;

const CONCURRENCY: usize = 16;

/// Outcome of requeueing overdue timers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requeued {
    /// Timers that are sent again now.
    pub requeued: usize,
    /// Whether there are more to requeue.
    pub has_more: bool,
}

/// Has overdue timers sent again now, of one tenant or of all.
///
/// # Errors
/// Where the store fails; what was requeued until then stays so.
pub async fn requeue_all(
    timers: &impl OverdueTimers,
    tenant: Option<&TenantId>,
    now: DateTime<Utc>,
) -> Result<Requeued, StoreError> {
    let (mut requeued, mut cursor) = (0, None);
    loop {
        let page = timers.overdue_timers(&PageRequest { limit: PAGE, cursor }).await?;
        let mut wanted = page.data;
        wanted.retain(|overdue| tenant.is_none_or(|tenant| overdue.timer.tenant_id == *tenant));
        wanted.retain(|overdue| overdue.retry_at.is_none_or(|retry_at| retry_at > now));
        let calls = wanted.iter().map(|overdue| timers.requeue(overdue, now));
        stream::iter(calls).buffer_unordered(CONCURRENCY).try_collect::<()>().await?;
        requeued += wanted.len();
        cursor = page.next_cursor;
        if cursor.is_none() || requeued >= MOST_REQUEUED {
            return Ok(Requeued { requeued, has_more: cursor.is_some() });
        }
    }
}
