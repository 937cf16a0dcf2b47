//! Fires timers: waits until the exact due time of a timer, and then performs the operation that
//! the timer was set for.

use chrono::TimeDelta;
use couponflow_domain::automation::execution::Signal;
use couponflow_domain::automation::workflow::Observed;
use couponflow_domain::tenants::profile::TenantState;
use couponflow_domain::timers::timer::{Purpose, Timer};

use crate::automation::execute;
use crate::automation::execute::{ErasureStep, Progress};
use crate::automation::ports::AutomationStore;
use crate::coupons::jobs;
use crate::delivery::ports::Outbound;
use crate::kernel::error::StoreError;
use crate::kernel::metrics;
use crate::kernel::system::{Clock, Rng};
use crate::purchases::end_abandonment_window::end_window;
use crate::purchases::end_hold::end_hold;
use crate::purchases::ports::PurchaseStore;
use crate::tenants::ports::TenantStores;
use crate::timers::ports::TimerStore;

/// Maximum time that a call sleeps until the due time. The queue delays messages by whole seconds,
/// so a message can arrive up to one second early. If a message arrives even earlier, the queue
/// delivers it again later.
const MAX_EARLY_WAIT: TimeDelta = TimeDelta::seconds(3);

/// How long a timer that runs a workflow or a job of a suspended tenant is postponed. A resumed tenant continues within
/// this time.
const SUSPENSION_CHECK_INTERVAL: TimeDelta = TimeDelta::minutes(10);

/// Outcome of firing a timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FireOutcome {
    Done,
    /// There was nothing to do, for example because the timer was outdated.
    Void,
    /// The timer is not due, its execution is leased, or the invocation has too little time left. Deliver the timer again
    /// later.
    NotYet,
    /// The tenant is suspended. Another timer, which is due later, replaced the timer.
    Postponed,
}

/// Fires a timer. Idempotent: firing a timer again has no further effect.
///
/// # Errors
/// Returns an error if a port fails. The timer is kept after an error.
pub async fn fire<S>(
    stores: &S,
    timers: &impl TimerStore,
    outbound: &impl Outbound,
    system: &(impl Clock + Rng),
    timer: &Timer,
) -> Result<FireOutcome, StoreError>
where
    S: TenantStores<Store: AutomationStore + PurchaseStore>,
{
    // `sleep` uses another clock than `system`, so check the time again after each sleep.
    loop {
        let early = timer.due_at - system.now();
        if early > MAX_EARLY_WAIT {
            return Ok(FireOutcome::NotYet);
        }
        match early.to_std() {
            Ok(early) if !early.is_zero() => tokio::time::sleep(early).await,
            _ => break,
        }
    }
    metrics::timer_fired(system.now() - timer.due_at);
    let outcome = match work(&stores.of(&timer.tenant_id), timers, outbound, system, timer).await? {
        Fired::Committed => return Ok(FireOutcome::Done),
        Fired::NotYet => return Ok(FireOutcome::NotYet),
        Fired::Done => FireOutcome::Done,
        Fired::Obsolete => FireOutcome::Void,
        Fired::Postponed => FireOutcome::Postponed,
    };
    timers.remove_timer(timer).await?;
    Ok(outcome)
}

/// Outcome of the work of a timer.
enum Fired {
    /// One transaction did the work and removed the timer.
    Committed,
    /// The work is done. The timer is still stored.
    Done,
    /// There was nothing to do. The timer is still stored.
    Obsolete,
    /// The timer must fire again.
    NotYet,
    /// A timer that is due later replaces the timer, which is still stored.
    Postponed,
}

impl Fired {
    /// Returns the result of a transaction that does the work and removes the timer.
    fn of(is_committed: bool) -> Self {
        if is_committed { Self::Committed } else { Self::Obsolete }
    }
}

/// Does the work that a timer was set for.
async fn work(
    store: &(impl AutomationStore + PurchaseStore),
    timers: &impl TimerStore,
    outbound: &impl Outbound,
    system: &(impl Clock + Rng),
    timer: &Timer,
) -> Result<Fired, StoreError> {
    if runs_work_of_the_tenant(&timer.purpose) {
        match store.profile().await?.state {
            TenantState::Active => {}
            TenantState::Suspended => {
                let due_at = system.now().max(timer.due_at) + SUSPENSION_CHECK_INTERVAL;
                timers.set_timer(&Timer { due_at, ..timer.clone() }).await?;
                return Ok(Fired::Postponed);
            }
            TenantState::Deleted => return Ok(Fired::Obsolete),
        }
    }
    Ok(match &timer.purpose {
        Purpose::CouponExpiry { coupon_id } => Fired::of(store.expire_coupon(coupon_id, timer.due_at).await?),
        Purpose::CouponExpiring { coupon_id, lead } => {
            let expires_at = timer.due_at + lead.delta();
            let coupon = store.coupon(coupon_id).await?;
            let has_notice = coupon.is_some_and(|coupon| coupon.terms.expiry_lead_times.contains(lead));
            Fired::of(has_notice && store.announce_expiry(coupon_id, expires_at, *lead, timer).await?)
        }
        Purpose::Abandonment { application_id } => Fired::of(end_window(store, application_id, timer).await?),
        Purpose::HoldExpiry { coupon_id, application_id } => {
            Fired::of(end_hold(store, coupon_id, application_id, timer).await?)
        }
        Purpose::ExecutionWake { execution_id } => {
            let Some(execution) = store.execution(execution_id).await? else { return Ok(Fired::Obsolete) };
            match execute::run(store, outbound, system, execution).await? {
                Progress::Leased | Progress::OutOfTime => Fired::NotYet,
                // The execution still waits for the due time of this timer. This happens only if
                // the clock was set back. Keep the timer, because it must wake the execution.
                Progress::Asleep(wake_at) if wake_at <= timer.due_at => Fired::NotYet,
                Progress::Ended | Progress::Asleep(_) => Fired::Done,
            }
        }
        Purpose::ContactChanged { contact_id, change } => {
            if let Some(contact) = store.contact(contact_id).await? {
                let signal = Signal { observed: Observed::Change(change), occurred_at: timer.due_at };
                execute::notify(store, system, &contact, signal).await?;
            }
            Fired::Done
        }
        Purpose::ContactErasure { contact_id, is_last_pass, progress } => {
            let is_completed = store.complete_erasure(contact_id).await?;
            let step = execute::erase_step(store, timers, system, contact_id, progress.as_ref()).await?;
            let has_erased = is_completed || step != (ErasureStep::Over { has_erased: false });
            match step {
                ErasureStep::Continue(progress) => {
                    // The due time of the new timer must differ from the due time of this timer.
                    // Otherwise both timers would be stored in the same item.
                    let due_at = system.now().max(timer.due_at) + TimeDelta::milliseconds(1);
                    let (contact_id, is_last_pass) = (contact_id.clone(), *is_last_pass);
                    let purpose = Purpose::ContactErasure { contact_id, is_last_pass, progress };
                    timers.set_timer(&Timer { due_at, purpose, ..timer.clone() }).await?;
                }
                ErasureStep::Over { .. } if *is_last_pass => store.record_erasure(contact_id, system.now()).await?,
                ErasureStep::Over { .. } => {}
            }
            if has_erased { Fired::Done } else { Fired::Obsolete }
        }
        Purpose::JobStep { job_id } => Fired::of(jobs::step(store, system, job_id, timer).await?),
    })
}

/// Whether the timer runs a workflow or a job, which are suspended together with their tenant. The other timers keep
/// the stored state correct, such as the state of an expired coupon.
fn runs_work_of_the_tenant(purpose: &Purpose) -> bool {
    match purpose {
        Purpose::ExecutionWake { .. } | Purpose::JobStep { .. } => true,
        Purpose::CouponExpiry { .. }
        | Purpose::CouponExpiring { .. }
        | Purpose::Abandonment { .. }
        | Purpose::HoldExpiry { .. }
        | Purpose::ContactChanged { .. }
        | Purpose::ContactErasure { .. } => false,
    }
}
