//! Cancels the waiting executions of an erased contact.

use chrono::{DateTime, Utc};
use couponflow_domain::kernel::ids::ContactId;
use couponflow_domain::timers::timer::{ErasurePart, ErasureProgress, Purpose, Timer};
use futures_util::stream;
use futures_util::stream::StreamExt as _;

use super::retry_budget::MAX_CONFLICT_RETRIES;
use super::subscription::unsubscribe;
use crate::automation::ports::AutomationStore;
use crate::kernel::error::{StoreError, chain};
use crate::kernel::system::{Clock, Rng};
use crate::timers::ports::TimerStore;

/// Maximum number of executions that one call looks at. Cancelling them takes much less than the time limit of a
/// function.
const MAX_PER_CALL: usize = 250;

/// Maximum number of executions that are cancelled concurrently.
const CONCURRENCY: usize = 16;

/// What is left after a call of [`cancel_waiting`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CancelledWaits {
    /// Nothing is left that can be cancelled.
    Over,
    /// Another call must continue with this progress.
    Continue(Option<ErasureProgress>),
}

/// Cancels waiting executions of an erased contact, and removes the data that identifies the customer. One call looks at
/// no more than `MAX_PER_CALL` executions. Repeat the call with the returned progress until it returns
/// [`CancelledWaits::Over`]: that is after a pass over all executions that found none to cancel.
///
/// The timer of an execution is removed last. If a call dies before that, the next call finds the timer.
/// Executions that can't be read are logged and keep their timers. A pass continues after them, so they do not hold up
/// the executions behind them.
///
/// # Errors
/// Returns the first error if calls to the store fail. Cancels the other executions even after an
/// error.
pub(crate) async fn cancel_waiting(
    store: &impl AutomationStore,
    timers: &impl TimerStore,
    system: &(impl Clock + Rng),
    contact: &ContactId,
    progress: Option<&ErasureProgress>,
) -> Result<CancelledWaits, StoreError> {
    let page = store.wakes_of(contact, progress.map(|progress| &progress.after), MAX_PER_CALL).await?;
    let now = system.now();
    let cancelled = page.timers.iter().map(|timer| cancel_one(store, timers, contact, timer, now));
    let outcomes: Vec<_> = stream::iter(cancelled).buffer_unordered(CONCURRENCY).collect().await;
    let mut has_cancelled = progress.is_some_and(|progress| progress.has_cancelled);
    for is_cancelled in outcomes {
        has_cancelled |= is_cancelled?;
    }
    Ok(match page.next_after {
        Some(after) => {
            CancelledWaits::Continue(Some(ErasureProgress { part: ErasurePart::Waits, after, has_cancelled }))
        }
        None if has_cancelled => CancelledWaits::Continue(None),
        None => CancelledWaits::Over,
    })
}

/// Cancels one execution and removes a timer that wakes the execution. Returns false if the execution cannot be read.
async fn cancel_one(
    store: &impl AutomationStore,
    timers: &impl TimerStore,
    contact: &ContactId,
    timer: &Timer,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let Purpose::ExecutionWake { execution_id: id } = &timer.purpose else { return Ok(false) };
    for _ in 0..MAX_CONFLICT_RETRIES {
        let execution = match store.execution(id).await {
            Err(error @ StoreError::Damaged { .. }) => {
                tracing::error!(error = %chain(&error), execution.id = %id, "Could not cancel an execution");
                return Ok(false);
            }
            execution => execution?.filter(|execution| execution.contact.as_ref() == Some(contact)),
        };
        if let Some(execution) = execution {
            if let Some(cancelled) = execution.cancel_for_erasure(now)
                && !store.save(&cancelled, None).await?
            {
                continue;
            }
            unsubscribe(store, &execution).await?;
        }
        timers.remove_timer(timer).await?;
        return Ok(true);
    }
    Err(StoreError::Busy { doing: "cancelling an execution of an erased contact" })
}
