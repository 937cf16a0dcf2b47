//! Subscription to the signals that a step waits for.

use couponflow_domain::automation::actions::Listen;
use couponflow_domain::automation::execution::Outcome;

use super::step_run::StepRun;
use crate::automation::execute::subscribe;
use crate::automation::ports::AutomationStore;
use crate::delivery::ports::Outbound;
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

pub(super) async fn perform<S: AutomationStore, O: Outbound, E: Clock + Rng>(
    run: &StepRun<'_, S, O, E>,
    listen: &Listen,
) -> Result<Outcome, StoreError> {
    subscribe(run.store, run.execution).await?;
    Ok(Outcome::ListenUntil(listen.until))
}

pub(super) fn predict(listen: &Listen) -> Outcome {
    Outcome::ListenUntil(listen.until)
}
