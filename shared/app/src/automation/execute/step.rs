//! Takes one step of an execution: prepares, claims, performs and records the step.

use chrono::{DateTime, Utc};
use couponflow_domain::automation::execution::{AttemptResult, Execution, Outcome};
use couponflow_domain::automation::prepare::{Prepared, prepare};
use couponflow_domain::automation::workflow::{Definition, Step};
use tracing::Instrument as _;

use super::retry_budget::MAX_CONFLICT_RETRIES;
use super::save::save;
use super::signal::catch_up;
use crate::automation::effects::{StepRun, perform};
use crate::automation::ports::AutomationStore;
use crate::delivery::ports::Outbound;
use crate::kernel::error::{StoreError, chain};
use crate::kernel::system::{Clock, Rng};

/// Result of taking a step.
pub(super) enum StepResult {
    /// The step is done. Holds the saved state of the execution.
    Done(Box<Execution>),
    /// The execution waits for a timer that is due at this time.
    Waiting(DateTime<Utc>),
    /// Another writer changed the execution. Read the execution again.
    Conflict,
    /// Another caller continues the execution. The outcome of this caller's attempt may have been recorded.
    TakenOver,
}

/// Performs the step at the position of `claim`, which is the next state of `before`. If the contact of the execution
/// was erased, cancels the execution instead.
///
/// For a step with an effect, saves the claim before the effect and the outcome after the effect.
/// For a step without an effect, saves only the outcome. Each save uses optimistic locking.
///
/// # Errors
/// Returns an error if the store fails.
pub(super) async fn step(
    store: &impl AutomationStore,
    outbound: &impl Outbound,
    system: &(impl Clock + Rng),
    workflow: &Definition,
    before: &Execution,
    claim: &Execution,
) -> Result<StepResult, StoreError> {
    let Some(step) = workflow.steps.get(claim.position) else { return Ok(StepResult::TakenOver) };
    let contact = match &claim.contact {
        Some(id) => store.contact(id).await,
        None => Ok(None),
    };
    let (contact, prepared) = match contact {
        Ok(None) if claim.contact.is_some() => return cancel_for_erasure(store, system, before).await,
        Ok(contact) => {
            let prepared = prepare(claim, workflow, step, contact.as_ref(), system.now());
            (contact, prepared)
        }
        // Perform no effect while the contact cannot be read, because the contact may have been erased.
        Err(error) => (None, Prepared::Settled(failed(claim, step, &error))),
    };
    let (next, outcome) = match prepared {
        Prepared::Settled(outcome) => {
            let done = AttemptResult::without_input(outcome);
            let next = claim.settled(workflow, &done, system.bits(), system.now());
            if !save(store, &next).await? {
                return Ok(StepResult::Conflict);
            }
            (next, done.outcome)
        }
        Prepared::Effect(effect) => {
            if !store.save(claim, None).await? {
                return Ok(StepResult::Conflict);
            }
            let input = effect.input();
            let run = StepRun { store, outbound, system, workflow, step, execution: claim, contact: contact.as_ref() };
            let tenant = &claim.event.metadata.tenant_id;
            // The fields of the span are part of what the clients of the step log.
            let span = tracing::info_span!("step", tenant.id = %tenant, execution.id = %claim.id, step.id = %step.id);
            let performed = perform(&run, *effect).instrument(span).await;
            let outcome = performed.unwrap_or_else(|error| failed(claim, step, &error));
            let done = AttemptResult { input, outcome };
            let Some(next) = record(store, system, workflow, claim, &done).await? else {
                return Ok(StepResult::TakenOver);
            };
            (next, done.outcome)
        }
    };
    Ok(match (outcome, next.wake_at) {
        // The next invocation continues with the rest of the audience, because each invocation has a time limit.
        (Outcome::More { .. }, Some(wake_at)) => StepResult::Waiting(wake_at),
        (Outcome::ListenUntil(_), _) => match catch_up(store, system, workflow, next).await? {
            Some(next) => StepResult::Done(Box::new(next)),
            None => StepResult::Conflict,
        },
        _ => StepResult::Done(Box::new(next)),
    })
}

async fn cancel_for_erasure(
    store: &impl AutomationStore,
    system: &(impl Clock + Rng),
    execution: &Execution,
) -> Result<StepResult, StoreError> {
    let Some(cancelled) = execution.cancel_for_erasure(system.now()) else { return Ok(StepResult::TakenOver) };
    Ok(match save(store, &cancelled).await? {
        true => StepResult::Done(Box::new(cancelled)),
        false => StepResult::Conflict,
    })
}

/// Returns the outcome of a step whose store call failed. The call may have taken effect. The step
/// can be retried, because every effect on the store is idempotent.
fn failed(claim: &Execution, step: &Step, error: &StoreError) -> Outcome {
    tracing::error!(error = %chain(error), execution.id = %claim.id, step.id = %step.id, "Could not perform a step");
    Outcome::Retry(error.summary())
}

/// Records the outcome of an attempt and returns the new state of the execution. Keeps concurrent
/// changes of other writers. If another writer has cancelled the execution, moved the execution to
/// its goal or taken over the step, only adds the outcome to the step and returns `None`.
async fn record(
    store: &impl AutomationStore,
    system: &(impl Clock + Rng),
    workflow: &Definition,
    claim: &Execution,
    done: &AttemptResult,
) -> Result<Option<Execution>, StoreError> {
    let mut current = claim.clone();
    for _ in 0..MAX_CONFLICT_RETRIES {
        if current.lease == claim.lease {
            let next = current.record(workflow, done, system.bits(), system.now());
            if save(store, &next).await? {
                return Ok(Some(next));
            }
        } else {
            let late = claim.lease.as_ref().and_then(|lease| current.record_late(&lease.token, done, system.now()));
            let Some(late) = late else { return Ok(None) };
            if store.save(&late, None).await? {
                return Ok(None);
            }
        }
        let Some(moved) = store.execution(&claim.id).await? else { return Ok(None) };
        current = moved;
    }
    Ok(None)
}
