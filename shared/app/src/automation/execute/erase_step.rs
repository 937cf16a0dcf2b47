//! Runs the erasure of a contact page by page: first cancels waiting executions, then redacts stored records.

use chrono::TimeDelta;
use couponflow_domain::contacts::contact::contact_id;
use couponflow_domain::events::event::Event;
use couponflow_domain::kernel::ids::ContactId;
use couponflow_domain::timers::timer::{ErasurePart, ErasureProgress, Purpose, Timer};

use super::erased::{CancelledWaits, cancel_waiting};
use crate::automation::ports::AutomationStore;
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};
use crate::timers::ports::TimerStore;

/// Maximum number of pages of records that one call redacts. A page takes at most about a second.
const PAGES_PER_CALL: usize = 10;

/// Delay between the handling of a late event and the erasure of what the event has stored. By then, the index lists the
/// event.
const LATE_EVENT_DELAY: TimeDelta = TimeDelta::seconds(5);

/// What is left after a call of [`erase_step`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ErasureStep {
    /// Nothing is left to erase. Says whether this call has erased anything.
    Over { has_erased: bool },
    /// Another call must continue with this progress.
    Continue(Option<ErasureProgress>),
}

/// Continues the erasure of a contact. Repeat the call with the returned progress until it returns
/// [`ErasureStep::Over`].
///
/// # Errors
/// Returns an error if the store fails. A repeated call continues with the same progress.
pub(crate) async fn erase_step(
    store: &impl AutomationStore,
    timers: &impl TimerStore,
    system: &(impl Clock + Rng),
    contact: &ContactId,
    progress: Option<&ErasureProgress>,
) -> Result<ErasureStep, StoreError> {
    let of_records = progress.filter(|progress| progress.part == ErasurePart::Records);
    if of_records.is_none()
        && let CancelledWaits::Continue(progress) = cancel_waiting(store, timers, system, contact, progress).await?
    {
        return Ok(ErasureStep::Continue(progress));
    }
    let mut after = of_records.map(|progress| progress.after.clone());
    let mut has_erased = false;
    for _ in 0..PAGES_PER_CALL {
        let page = store.redact_records(contact, after.as_ref(), system.now()).await?;
        has_erased |= page.redacted > 0;
        match page.next_after {
            None => return Ok(ErasureStep::Over { has_erased }),
            next => after = next,
        }
    }
    let progress = after.map(|after| ErasureProgress { part: ErasurePart::Records, after, has_cancelled: false });
    Ok(ErasureStep::Continue(progress))
}

/// Sets a timer that erases what a late or replayed event of an erased customer has stored, such as its entry in the
/// event log. Does nothing if the event names no customer.
///
/// # Errors
/// Returns an error if the store fails.
pub(super) async fn erase_late_event(
    timers: &impl TimerStore,
    system: &(impl Clock + Rng),
    event: &Event,
) -> Result<(), StoreError> {
    let Some(customer) = &event.data.customer else { return Ok(()) };
    let contact_id = contact_id(customer, event.customer_named_at());
    let purpose = Purpose::ContactErasure { contact_id, is_last_pass: false, progress: None };
    let due_at = system.now() + LATE_EVENT_DELAY;
    timers.set_timer(&Timer { tenant_id: event.metadata.tenant_id.clone(), due_at, purpose }).await
}
