//! Fires timers: waits until the exact due time of a timer, and then performs the operation that
//! the timer was set for.

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_domain::automation::execution::Signal;
use couponflow_domain::automation::workflow::Observed;
use couponflow_domain::kernel::ids::{ApplicationId, CouponId};
use couponflow_domain::purchases::{AbandonmentTimer, Application};
use couponflow_domain::tenants::profile::TenantState;
use couponflow_domain::timers::timer::{Purpose, Timer};

use crate::automation::execute;
use crate::automation::execute::{ErasureStep, Progress};
use crate::automation::ports::AutomationStore;
use crate::contacts::ports::ContactStore;
use crate::coupons::jobs;
use crate::coupons::ports::CouponStore;
use crate::delivery::ports::Outbound;
use crate::kernel::error::StoreError;
use crate::kernel::metrics;
use crate::kernel::system::{Clock, Rng};
use crate::purchases::ports::PurchaseStore;
use crate::tenants::ports::{AccessStore as _, TenantStores};
use crate::timers::ports::TimerStore;

/// Maximum time that a call sleeps until the due time. The queue delays messages by whole seconds,
/// so a message can arrive up to one second early. If a message arrives even earlier, the queue
/// delivers it again later.
const MAX_EARLY_WAIT: TimeDelta = TimeDelta::seconds(3);

/// Maximum number of attempts. An attempt can conflict if a coupon changes or an abandonment window restarts.
const ATTEMPTS: usize = 4;

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
    let store = stores.of(&timer.tenant_id);
    if runs_work_of_the_tenant(&timer.purpose) {
        match store.profile().await?.state {
            TenantState::Active => {}
            TenantState::Suspended => {
                let due_at = system.now().max(timer.due_at) + SUSPENSION_CHECK_INTERVAL;
                timers.set_timer(&Timer { due_at, ..timer.clone() }).await?;
                timers.remove_timer(timer).await?;
                return Ok(FireOutcome::Postponed);
            }
            TenantState::Deleted => {
                timers.remove_timer(timer).await?;
                return Ok(FireOutcome::Void);
            }
        }
    }
    match &timer.purpose {
        Purpose::CouponExpiry { coupon_id } => {
            if store.expire_coupon(coupon_id, timer.due_at).await? {
                return Ok(FireOutcome::Done);
            }
            timers.remove_timer(timer).await?;
            Ok(FireOutcome::Void)
        }
        Purpose::CouponExpiring { coupon_id, lead } => {
            let expires_at = timer.due_at + lead.delta();
            let coupon = store.coupon(coupon_id).await?;
            if coupon.is_some_and(|coupon| coupon.terms.expiry_lead_times.contains(lead))
                && store.announce_expiry(coupon_id, expires_at, *lead, timer).await?
            {
                return Ok(FireOutcome::Done);
            }
            timers.remove_timer(timer).await?;
            Ok(FireOutcome::Void)
        }
        Purpose::Abandonment { application_id } => {
            if end_window(&store, application_id, timer).await? {
                return Ok(FireOutcome::Done);
            }
            timers.remove_timer(timer).await?;
            Ok(FireOutcome::Void)
        }
        Purpose::HoldExpiry { coupon_id, application_id } => {
            if end_hold(&store, coupon_id, application_id, timer).await? {
                return Ok(FireOutcome::Done);
            }
            timers.remove_timer(timer).await?;
            Ok(FireOutcome::Void)
        }
        Purpose::ExecutionWake { execution_id } => {
            let Some(execution) = store.execution(execution_id).await? else {
                timers.remove_timer(timer).await?;
                return Ok(FireOutcome::Void);
            };
            match execute::run(&store, outbound, system, execution).await? {
                Progress::Leased | Progress::OutOfTime => return Ok(FireOutcome::NotYet),
                // The execution still waits for the due time of this timer. This happens only if
                // the clock was set back. Keep the timer, because it must wake the execution.
                Progress::Asleep(wake_at) if wake_at <= timer.due_at => return Ok(FireOutcome::NotYet),
                Progress::Ended | Progress::Asleep(_) => {}
            }
            timers.remove_timer(timer).await?;
            Ok(FireOutcome::Done)
        }
        Purpose::ContactChanged { contact_id, change } => {
            if let Some(contact) = store.contact(contact_id).await? {
                let signal = Signal { observed: Observed::Change(change), occurred_at: timer.due_at };
                execute::notify(&store, system, &contact, signal).await?;
            }
            timers.remove_timer(timer).await?;
            Ok(FireOutcome::Done)
        }
        Purpose::ContactErasure { contact_id, is_last_pass, progress } => {
            let is_completed = store.complete_erasure(contact_id).await?;
            let step = execute::erase_step(&store, timers, system, contact_id, progress.as_ref()).await?;
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
            timers.remove_timer(timer).await?;
            Ok(if has_erased { FireOutcome::Done } else { FireOutcome::Void })
        }
        Purpose::JobStep { job_id } => {
            if jobs::step(&store, system, job_id, timer).await? {
                return Ok(FireOutcome::Done);
            }
            timers.remove_timer(timer).await?;
            Ok(FireOutcome::Void)
        }
    }
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

/// Ends a hold at its due time. Retries if the coupon changes concurrently. Returns false if the
/// hold was already ended or was extended.
async fn end_hold(
    store: &impl PurchaseStore,
    coupon_id: &CouponId,
    application_id: &ApplicationId,
    timer: &Timer,
) -> Result<bool, StoreError> {
    for _ in 0..ATTEMPTS {
        let application = store.application(application_id).await?;
        let ends_now = |application: &Application| application.hold.is_some_and(|h| h.expires_at == timer.due_at);
        let (Some(application), Some(coupon)) = (application.filter(ends_now), store.coupon(coupon_id).await?) else {
            return Ok(false);
        };
        if store.expire_hold(&application, &coupon, timer, was_redeemed(store, &application).await?).await? {
            return Ok(true);
        }
    }
    Err(StoreError::Busy { doing: "ending a hold of a coupon that keeps changing" })
}

/// Ends an abandonment window whose timer has fired: marks the application as abandoned, or sets the timer again if the
/// window restarted. Returns false if there is nothing left to do.
async fn end_window(
    store: &(impl ContactStore + PurchaseStore),
    application_id: &ApplicationId,
    timer: &Timer,
) -> Result<bool, StoreError> {
    let mut before = None;
    for _ in 0..ATTEMPTS {
        let Some(application) = store.application(application_id).await? else { return Ok(false) };
        let Some(window) = application.abandonment else { return Ok(false) };
        // The previous write failed although the application is unchanged. Therefore the order was
        // redeemed.
        if before.as_ref() == Some(&application) {
            return Ok(false);
        }
        let is_done = match window.at_timer(timer.due_at) {
            AbandonmentTimer::Stale => return Ok(false),
            AbandonmentTimer::Early => store.rearm_abandonment(&application, timer).await?,
            AbandonmentTimer::Due if redeemed_since(store, &application, window.active_at).await? => return Ok(false),
            AbandonmentTimer::Due => store.abandon(&application, timer).await?,
        };
        if is_done {
            return Ok(true);
        }
        before = Some(application);
    }
    Err(StoreError::Busy { doing: "ending the abandonment window of an application that keeps changing" })
}

/// Whether the order of an application was redeemed with its code.
async fn was_redeemed(store: &impl PurchaseStore, application: &Application) -> Result<bool, StoreError> {
    let redemption = match application.is_unique_code {
        true => store.redemption_of_code(&application.code).await?,
        false => store.redemption_for_order(&application.coupon_id, &application.order.id).await?,
    };
    Ok(redemption.is_some_and(|redemption| redemption.order.id == application.order.id))
}

/// Whether the customer of an application has redeemed the coupon since `since`. Includes
/// redemptions for other orders and redemptions under other identities (e-mail address, customer
/// id) of the customer's contact.
async fn redeemed_since(
    store: &(impl ContactStore + PurchaseStore),
    application: &Application,
    since: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let Some(customer) = &application.customer else { return Ok(false) };
    let contact = store.contact_of(customer).await?;
    let customer = contact.map_or_else(|| customer.clone(), |contact| contact.merge_customer(Some(customer)));
    store.has_redeemed_since(&application.coupon_id, &customer, since).await
}
