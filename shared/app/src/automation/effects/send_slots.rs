//! Send slots of e-mails. A slot is a time at which one e-mail may be sent to one recipient. Slots
//! enforce the rate limit, and share the rate of the account among the tenants.
//!
//! An e-mail needs a slot of its tenant's schedule, and then a slot of the account's schedule. A tenant that sends more
//! than the account may send waits in its own schedule. After such a wait, the e-mail gets a slot of the account only if
//! the account is nearly free. Otherwise it waits in the tenant's schedule again. The account's schedule therefore stays
//! short for tenants that send little, and busy tenants share the rest.

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_domain::automation::execution::{Outcome, SendSchedule};
use couponflow_domain::kernel::digest::Bits80;

use super::step_run::StepRun;
use crate::automation::ports::AutomationStore;
use crate::delivery::ports::{MailSchedule, Outbound};
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

/// Maximum time that a call sleeps until a send slot. For a later slot, the step waits for a timer
/// instead.
const MAX_SLOT_WAIT: TimeDelta = TimeDelta::milliseconds(250);

/// Length of the queue of one tenant. E-mails beyond it get no slot and ask again later.
const TENANT_HORIZON: TimeDelta = TimeDelta::hours(1);

/// Longest queue of the account that an e-mail of a tenant without a queue joins.
const ACCOUNT_HORIZON: TimeDelta = TimeDelta::minutes(1);

/// Longest queue of the account that an e-mail joins after it has waited for its tenant.
const BUSY_HORIZON: TimeDelta = TimeDelta::seconds(5);

/// Shortest time until an e-mail without a slot asks again. Jitter at most doubles the time.
const ASK_AGAIN_AFTER: TimeDelta = TimeDelta::minutes(15);

/// Time after which a step that still cannot send fails. A message window opens at least once a week, so the step can
/// send in at least one window before.
const GIVE_UP_AFTER: TimeDelta = TimeDelta::days(8);

/// Reserves one send slot per recipient and sleeps until the last slot. Returns `None` when the e-mail may be sent. If
/// the last slot is later than [`MAX_SLOT_WAIT`] from now, returns an outcome that makes the step wait for a timer.
pub(super) async fn reserve_send_slots<S: AutomationStore, O: Outbound, E: Clock + Rng>(
    run: &StepRun<'_, S, O, E>,
    recipients: usize,
) -> Result<Option<Outcome>, StoreError> {
    let (now, tenant) = (run.system.now(), MailSchedule::Tenant(run.tenant()));
    let slot = run.execution.current().and_then(|record| record.memory.slot);
    let horizon = match slot.map(|slot| slot.schedule) {
        Some(SendSchedule::Account) => return Ok(None),
        Some(SendSchedule::Tenant) => BUSY_HORIZON,
        None => match run.outbound.reserve_mail_slots(tenant, recipients, now, TENANT_HORIZON).await? {
            None => return Ok(Some(ask_again(run, "an hour of the shop's e-mails is waiting already"))),
            Some(instant) if instant - now > MAX_SLOT_WAIT => {
                return Ok(Some(wait(instant, SendSchedule::Tenant, now)));
            }
            Some(instant) => {
                sleep(instant - now).await;
                ACCOUNT_HORIZON
            }
        },
    };
    if let Some(instant) = run.outbound.reserve_mail_slots(MailSchedule::Account, recipients, now, horizon).await? {
        if instant - now > MAX_SLOT_WAIT {
            return Ok(Some(wait(instant, SendSchedule::Account, now)));
        }
        sleep(instant - now).await;
        return Ok(None);
    }
    Ok(Some(match run.outbound.reserve_mail_slots(tenant, recipients, now, TENANT_HORIZON).await? {
        None => ask_again(run, "an hour of the shop's e-mails is waiting already"),
        // A timer that is due at once would ask the account again before its schedule has moved.
        Some(instant) => wait(instant.max(now + BUSY_HORIZON), SendSchedule::Tenant, now),
    }))
}

/// Returns the outcome of a step that may not send an e-mail now and asks again later. The step fails if it has waited
/// for too long.
pub(super) fn ask_again<S, O, E: Clock + Rng>(run: &StepRun<'_, S, O, E>, why: &str) -> Outcome {
    let now = run.system.now();
    let started_at = run.execution.current().map_or(now, |record| record.started_at);
    if now - started_at > GIVE_UP_AFTER {
        return Outcome::Failed(format!("not sent within {} days: {why}", GIVE_UP_AFTER.num_days()));
    }
    let instant = now + ASK_AGAIN_AFTER + jitter(run.system.bits());
    Outcome::NotBefore { instant, why: format!("{why}; asking again later"), slot_of: None }
}

fn jitter(bits: Bits80) -> TimeDelta {
    ASK_AGAIN_AFTER * i32::from(u16::from_be_bytes([bits[0], bits[1]])) / (i32::from(u16::MAX) + 1)
}

fn wait(instant: DateTime<Utc>, schedule: SendSchedule, now: DateTime<Utc>) -> Outcome {
    let why = format!("rate limited; sending in {} s", (instant - now).num_seconds() + 1);
    Outcome::NotBefore { instant, why, slot_of: Some(schedule) }
}

async fn sleep(time: TimeDelta) {
    tokio::time::sleep(time.to_std().unwrap_or_default()).await;
}
