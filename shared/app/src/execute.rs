//! Running workflows: from an event to executions, and each execution step by step.

mod act;

use chrono::{DateTime, Utc};
use couponflow_domain::event::Event;
use couponflow_domain::execution::{Execution, Outcome, Turn, watchdog_due};
use couponflow_domain::plan::{Entry, plan};
use couponflow_domain::timer::{Purpose, Timer};

use crate::error::{StoreError, chain};
use crate::ports::{Begun, Contacts, Environment, Executions, Mailer, PublishedWorkflows, Timers, WriteCoupons};

/// Where a run left an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It has ended.
    Ended,
    /// A timer that is due then will wake it.
    Asleep(DateTime<Utc>),
    /// Another instance is at it; look again later, in case that one dies.
    Leased,
}

/// Handles one event: brings its contact up to date, begins an execution of every workflow that wants it, and runs
/// each as far as it goes.
///
/// An execution is begun together with a timer that looks after it, so once begun it goes on whatever becomes of this
/// call, of the message that brought the event, or of the workflow. One that fails does not stop those beside it.
///
/// # Errors
/// The first failure. Handling the event again begins what was not begun.
pub async fn handle_event(
    store: &(impl Contacts + Executions + PublishedWorkflows + WriteCoupons),
    timers: &impl Timers,
    mailer: &impl Mailer,
    environment: &impl Environment,
    event: &Event,
) -> Result<(), StoreError> {
    let now = environment.now();
    let contact = match &event.data.customer {
        Some(customer) => Some(store.see_customer(customer, event.metadata.occurred_at, environment.bits()).await?),
        None => None,
    };
    let workflows = store.published().await?;
    let mut outcome = Ok(());
    for entry in plan(event, contact.as_ref(), &workflows, now) {
        let failed = begin_and_run(store, timers, mailer, environment, entry).await;
        outcome = outcome.and(failed);
    }
    outcome
}

async fn begin_and_run(
    store: &(impl Contacts + Executions + PublishedWorkflows + WriteCoupons),
    timers: &impl Timers,
    mailer: &impl Mailer,
    environment: &impl Environment,
    entry: Entry,
) -> Result<(), StoreError> {
    let watchdog = timer_of(&entry.execution, watchdog_due(entry.execution.created_at));
    let execution = match store.begin(&entry, &watchdog).await? {
        Begun::New => entry.execution,
        Begun::Existing(execution) => *execution,
        Begun::EnteredBefore => return Ok(()),
    };
    match run(store, mailer, environment, execution).await? {
        Progress::Leased => Ok(()),
        Progress::Ended | Progress::Asleep(_) => timers.remove_timer(&watchdog).await,
    }
}

/// Runs an execution until it ends, waits, or turns out to be somebody else's.
///
/// Each step is claimed, done and recorded; claim and record are conditional on nobody having moved the execution
/// since, so of two instances at the same step one goes on and the other finds out.
///
/// # Errors
/// Where the store fails. The step under way is taken over when its lease has run out.
pub async fn run(
    store: &(impl Contacts + Executions + PublishedWorkflows + WriteCoupons),
    mailer: &impl Mailer,
    environment: &impl Environment,
    mut execution: Execution,
) -> Result<Progress, StoreError> {
    let Some(workflow) = store.version(&execution.workflow_id, execution.workflow_version).await? else {
        let detail = format!("workflow {} has no version {}", execution.workflow_id, execution.workflow_version);
        return Err(StoreError::Damaged { doing: "running an execution", detail });
    };
    let steps = &workflow.definition.steps;
    loop {
        let next = match execution.turn(steps, environment.bits(), environment.now()) {
            Turn::Ended => return Ok(Progress::Ended),
            Turn::Asleep(wake_at) => return Ok(Progress::Asleep(wake_at)),
            Turn::Leased => return Ok(Progress::Leased),
            Turn::Settled(settled) => *settled,
            Turn::Do(claim) => {
                if !store.save(&claim, None).await? {
                    return Ok(Progress::Leased);
                }
                let step = &steps[claim.position];
                let outcome = act::act(store, mailer, environment, &claim, step).await.unwrap_or_else(|error| {
                    tracing::error!(error = %chain(&error), execution.id = %claim.id, step.id = %step.id, "Failed at a step");
                    Outcome::Retry(error.to_string())
                });
                claim.record(&outcome, environment.bits(), environment.now())
            }
        };
        let wake = next.wake_at.map(|wake_at| timer_of(&next, wake_at));
        if !store.save(&next, wake.as_ref()).await? {
            return Ok(Progress::Leased);
        }
        execution = next;
    }
}

/// A timer that goes on with an execution.
fn timer_of(execution: &Execution, due_at: DateTime<Utc>) -> Timer {
    let purpose = Purpose::ExecutionWake { execution_id: execution.id.clone() };
    Timer { tenant_id: execution.event.metadata.tenant_id.clone(), due_at, purpose }
}
