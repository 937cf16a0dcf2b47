//! Send slots of e-mails. A slot is a time at which one e-mail may be sent to one recipient. Slots
//! enforce the rate limit.

use chrono::TimeDelta;
use couponflow_domain::automation::execution::Outcome;

use super::step_run::StepRun;
use crate::automation::ports::AutomationStore;
use crate::delivery::ports::Outbound;
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

/// Maximum time that a call sleeps until a send slot. For a later slot, the step waits for a timer
/// instead.
const MAX_SLOT_WAIT: TimeDelta = TimeDelta::milliseconds(250);

/// Reserves one send slot per recipient and sleeps until the last slot. Returns `None` when the
/// e-mail may be sent. If the last slot is later than [`MAX_SLOT_WAIT`] from now, returns an
/// outcome that makes the step wait for a timer.
pub(super) async fn reserve_send_slots<S: AutomationStore, O: Outbound, E: Clock + Rng>(
    run: &StepRun<'_, S, O, E>,
    recipients: usize,
) -> Result<Option<Outcome>, StoreError> {
    let has_slot = run.execution.current().is_some_and(|record| record.memory.slot.is_some());
    if has_slot {
        return Ok(None);
    }
    let now = run.system.now();
    let mut instant = now;
    for _ in 0..recipients {
        instant = run.outbound.reserve_mail_slot(now).await?;
    }
    match (instant - now).to_std() {
        Ok(soon) if instant - now > MAX_SLOT_WAIT => {
            let why = format!("rate limited; sending in {} s", soon.as_secs() + 1);
            Ok(Some(Outcome::NotBefore { instant, why, is_slot: true }))
        }
        Ok(soon) => {
            tokio::time::sleep(soon).await;
            Ok(None)
        }
        Err(_) => Ok(None),
    }
}
