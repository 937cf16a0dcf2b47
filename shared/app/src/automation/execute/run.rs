//! Runs an execution step by step.

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_domain::automation::execution::{Execution, NextAction, StepRecord};

use super::retry_budget::MAX_CONFLICT_RETRIES;
use super::save::save;
use super::signal::catch_up;
use super::step::{StepResult, step};
use super::subscription::{stop_listening, subscribe};
use super::workflow_version::version_of;
use crate::automation::ports::AutomationStore;
use crate::delivery::ports::Outbound;
use crate::kernel::error::StoreError;
use crate::kernel::metrics;
use crate::kernel::system::{Clock, Rng};

/// Time that an invocation must have left to start a step: the time limit of a webhook with its wait for
/// other requests to the host, and time to record the outcome.
const STEP_TIME: TimeDelta = TimeDelta::seconds(14);

/// State in which a run left an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    Ended,
    /// A timer that is due at this time will wake the execution.
    Asleep(DateTime<Utc>),
    /// Another instance has leased the execution. Check again later, because that instance may die.
    Leased,
    /// The invocation has too little time left for another step. A timer must continue the execution.
    OutOfTime,
}

/// Runs an execution until it ends, waits, is leased by another instance, or the time of the invocation is nearly over.
///
/// Saves each state with optimistic locking. Therefore, if two instances run the same execution,
/// one instance continues and the other stops.
///
/// # Errors
/// Returns an error if the store fails. Another run takes over the current step after the lease of
/// the step has expired.
pub async fn run(
    store: &impl AutomationStore,
    outbound: &impl Outbound,
    system: &(impl Clock + Rng),
    mut execution: Execution,
) -> Result<Progress, StoreError> {
    let workflow = version_of(store, &execution).await?;
    let workflow = &workflow.definition;
    let begins = execution.steps.is_empty() || execution.current().is_some_and(StepRecord::is_retried);
    if begins && workflow.listens_throughout() {
        subscribe(store, &execution).await?;
    }
    if execution.may_have_missed_signals(workflow, system.now()) {
        let Some(caught_up) = catch_up(store, system, workflow, execution).await? else {
            return Ok(Progress::Leased);
        };
        execution = caught_up;
    }
    let mut conflict_retries = 0;
    loop {
        let (bits, now) = (system.bits(), system.now());
        let stepped = match execution.next_action(workflow, bits, now) {
            NextAction::Ended => {
                stop_listening(store, workflow, &execution).await?;
                return Ok(Progress::Ended);
            }
            NextAction::Sleep(wake_at) => return Ok(Progress::Asleep(wake_at)),
            NextAction::Leased => return Ok(Progress::Leased),
            NextAction::Settled(settled) if save(store, &settled).await? => StepResult::Done(settled),
            NextAction::Settled(_) => StepResult::Conflict,
            NextAction::Perform(_) if system.deadline().is_some_and(|deadline| deadline - now < STEP_TIME) => {
                return Ok(Progress::OutOfTime);
            }
            NextAction::Perform(claim) => step(store, outbound, system, workflow, &execution, &claim).await?,
        };
        execution = match stepped {
            StepResult::Done(next) => {
                metrics::stepped(&next);
                *next
            }
            StepResult::Waiting(wake_at) => return Ok(Progress::Asleep(wake_at)),
            StepResult::Conflict if conflict_retries < MAX_CONFLICT_RETRIES => {
                conflict_retries += 1;
                let Some(current) = store.execution(&execution.id).await? else { return Ok(Progress::Leased) };
                current
            }
            StepResult::Conflict | StepResult::TakenOver => return Ok(Progress::Leased),
        };
    }
}
