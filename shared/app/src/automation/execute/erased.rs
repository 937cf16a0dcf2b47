//! Cancels the waiting executions of an erased contact.

use chrono::{DateTime, Utc};
use couponflow_domain::kernel::ids::ContactId;
use couponflow_domain::timers::timer::{Purpose, Timer};
use futures_util::stream;
use futures_util::stream::StreamExt as _;

use super::retry_budget::MAX_CONFLICT_RETRIES;
use super::subscription::unsubscribe;
use crate::automation::context::AutomationStore;
use crate::kernel::error::{StoreError, chain};
use crate::kernel::system::{Clock, Rng};
use crate::timers::ports::Timers;

/// Maximum number of executions that one call cancels. Cancelling this many executions takes much
/// less than the time limit of a function.
const MAX_PER_CALL: usize = 250;

/// Maximum number of executions that are cancelled concurrently.
const CONCURRENCY: usize = 16;

/// Cancels at most `MAX_PER_CALL` waiting executions of an erased contact, and removes the data
/// that identifies the customer from the executions. Returns the number of timers that this call
/// removed. Repeat the call until it returns 0.
///
/// The timer of an execution is removed last. If a call dies before it removes a timer, the next
/// call finds the timer and completes the cancellation. An execution that cannot be read is logged
/// and keeps its timer.
///
/// # Errors
/// Returns the first error if calls to the store fail. Cancels the other executions even after an
/// error.
pub(crate) async fn cancel_waiting(
    store: &impl AutomationStore,
    timers: &impl Timers,
    system: &(impl Clock + Rng),
    contact: &ContactId,
) -> Result<usize, StoreError> {
    let wakes = store.wakes_of(contact, MAX_PER_CALL).await?;
    let now = system.now();
    let cancelled = wakes.iter().map(|timer| cancel_one(store, timers, contact, timer, now));
    let outcomes: Vec<_> = stream::iter(cancelled).buffer_unordered(CONCURRENCY).collect().await;
    let mut count = 0;
    for is_cancelled in outcomes {
        count += usize::from(is_cancelled?);
    }
    Ok(count)
}

/// Cancels one execution and removes a timer that wakes the execution. Returns false if the execution cannot be read.
async fn cancel_one(
    store: &impl AutomationStore,
    timers: &impl Timers,
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
