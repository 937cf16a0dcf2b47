//! Resends overdue timers at the request of an operator.

use chrono::{DateTime, Utc};
use couponflow_domain::tenants::tenant::TenantId;
use futures_util::stream;
use futures_util::stream::{StreamExt as _, TryStreamExt as _};

use crate::kernel::error::StoreError;
use crate::kernel::page::PageRequest;
use crate::timers::ports::TimerStore;

/// Approximate maximum number of timers that one call requeues. The call stops after the page that reaches this number.
const MAX_REQUEUED: usize = 1000;

/// Number of timers per page.
const PAGE: usize = 100;

const CONCURRENCY: usize = 16;

/// Outcome of requeueing overdue timers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Requeued {
    /// Number of timers that were scheduled to be resent now.
    pub requeued: usize,
    /// Whether further pages remain.
    pub has_more: bool,
}

/// Schedules the overdue timers of one tenant, or of all tenants, to be resent now.
///
/// # Errors
/// Returns an error if the store fails. Timers that were requeued before the error stay requeued.
pub async fn requeue_all(
    timers: &impl TimerStore,
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
        if cursor.is_none() || requeued >= MAX_REQUEUED {
            return Ok(Requeued { requeued, has_more: cursor.is_some() });
        }
    }
}
