//! Executing workflows: from an event to executions, and each execution step by step.

mod audience;
mod coupons;
mod customer;
mod effect;
mod erased;
mod operate;
mod perform;
mod prepare;
mod signal;
mod start;
mod step;

pub(crate) use customer::EventWithContact;
pub(crate) use erased::cancel_waiting;
use signal::{catch_up, notify_event};
use step::{StepResult, step};

pub(crate) use coupons::{NO_BACKUP, expiry_of, outcome};
pub(crate) use perform::TOO_MANY_TAGS_OR_LISTS;
pub(crate) use start::{ALREADY_RUN, NOTHING_TO_STOP, not_published};

pub use effect::Effect;
pub use operate::{OperationOutcome, cancel, retry};
pub use prepare::{Prepared, prepare};
pub use signal::{notify, settle_mail};

use chrono::{DateTime, Utc};
use couponflow_domain::event::Event;
use couponflow_domain::execution::{Execution, NextAction, StepRecord, watchdog_due};
use couponflow_domain::ids::WorkflowId;
use couponflow_domain::plan::WorkflowEntry;
use couponflow_domain::timer::{Purpose, Timer};
use couponflow_domain::workflow::Definition;
use couponflow_domain::workflow::PublishedWorkflow;
use futures_util::stream::{self, StreamExt as _};

use crate::error::{StoreError, chain};
use crate::ports::{AutomationStore, Clock, Outbound, Rng, StartOutcome, Timers};

/// Retry budget for conflicts with other writers of an execution or a contact.
const MAX_CONFLICT_RETRIES: usize = 8;

/// Executions of one event that are started concurrently.
const START_CONCURRENCY: usize = 16;

/// State in which a run left an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    Ended,
    /// A timer that is due at this time will wake the execution.
    Asleep(DateTime<Utc>),
    /// Another instance has leased the execution. Check again later, in case that instance dies.
    Leased,
}

/// Handles one event: updates its contact and the audiences, notifies the executions that listen for it, starts an
/// execution of each matching workflow, and runs each until it ends or waits.
///
/// Each execution is stored together with a watchdog timer, so it continues even if this call or the message that
/// brought the event is lost, or the workflow is paused. A failed execution does not stop the others.
///
/// # Errors
/// The first failure. Handling the event again starts the executions that were not started.
pub async fn handle_event(
    store: &impl AutomationStore,
    timers: &impl Timers,
    outbound: &impl Outbound,
    system: &(impl Clock + Rng),
    event: &Event,
) -> Result<(), StoreError> {
    let seen = EventWithContact::see(store, system, event).await?;
    let subject = seen.subject();
    if let Some(contact) = &seen.contact {
        store.update_audiences(event, &contact.id).await?;
    }
    store.settle_purchases(subject.event, seen.contact.as_ref()).await?;
    let mut outcome = notify_event(store, system, subject, seen.contact.as_ref(), &seen.correlation_keys()).await;
    let chain = causes(store, event).await?;
    let matching = store.matching(subject).await?;
    // Store all executions before any of them runs: its steps may change the contact, and if this call is repeated, the
    // other workflows might no longer match.
    let entries = matching.iter().map(|workflow| seen.entry(workflow, &chain, system.now()));
    let begun: Vec<_> =
        stream::iter(entries.map(|entry| begin(store, entry))).buffered(START_CONCURRENCY).collect().await;
    for begun in begun {
        let failed = match begun {
            Ok(Some((execution, watchdog))) => run_watched(store, timers, outbound, system, execution, &watchdog).await,
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        outcome = outcome.and(failed);
    }
    outcome
}

/// Starts an execution of one workflow for an event that the workflow may have missed. Its timer is due at once.
///
/// # Errors
/// If a port fails. Repeating the call starts the execution once.
pub async fn run_for(
    store: &impl AutomationStore,
    system: &(impl Clock + Rng),
    workflow: &PublishedWorkflow,
    event: &Event,
) -> Result<StartOutcome, StoreError> {
    let seen = EventWithContact::see(store, system, event).await?;
    let chain = causes(store, event).await?;
    let now = system.now();
    let entry = seen.entry(workflow, &chain, now);
    store.begin(&entry, &wake(&entry.execution, now)).await
}

/// Returns the workflows that led to an event. If the causing execution can't be read, treats the event as uncaused.
pub(crate) async fn causes(store: &impl AutomationStore, event: &Event) -> Result<Vec<WorkflowId>, StoreError> {
    let Some(cause) = &event.data.coupon.caused_by else { return Ok(Vec::new()) };
    match store.execution(cause).await {
        Err(error @ StoreError::Damaged { .. }) => {
            tracing::error!(
                error = %chain(&error),
                event.id = %event.id(),
                "Could not read the causing execution; treating the event as uncaused"
            );
            Ok(Vec::new())
        }
        read => Ok(read?.map(|cause| cause.chain_for_effects()).unwrap_or_default()),
    }
}

/// Starts an execution with its watchdog timer, or finds it already started. Returns `None` if it is skipped.
async fn begin(store: &impl AutomationStore, entry: WorkflowEntry) -> Result<Option<(Execution, Timer)>, StoreError> {
    let watchdog = wake(&entry.execution, watchdog_due(entry.execution.created_at));
    Ok(match store.begin(&entry, &watchdog).await? {
        StartOutcome::New => Some((entry.execution, watchdog)),
        StartOutcome::Existing(execution) => Some((*execution, watchdog)),
        StartOutcome::Skipped => None,
    })
}

async fn run_watched(
    store: &impl AutomationStore,
    timers: &impl Timers,
    outbound: &impl Outbound,
    system: &(impl Clock + Rng),
    execution: Execution,
    watchdog: &Timer,
) -> Result<(), StoreError> {
    match run(store, outbound, system, execution).await? {
        Progress::Leased => Ok(()),
        Progress::Ended | Progress::Asleep(_) => timers.remove_timer(watchdog).await,
    }
}

/// Runs an execution until it ends, waits, or belongs to another instance.
///
/// Each state is saved with optimistic locking, so of two instances at the same step one continues and the other stops.
///
/// # Errors
/// If the store fails. Another run takes over the current step when its lease has expired.
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
        listen(store, &execution).await?;
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
            NextAction::Settled(settled) if save(store, &settled).await? => StepResult::On(settled),
            NextAction::Settled(_) => StepResult::Moved,
            NextAction::Perform(claim) => step(store, outbound, system, workflow, &execution, &claim).await?,
        };
        execution = match stepped {
            StepResult::On(next) => *next,
            StepResult::Asleep(wake_at) => return Ok(Progress::Asleep(wake_at)),
            StepResult::Moved if conflict_retries < MAX_CONFLICT_RETRIES => {
                conflict_retries += 1;
                let Some(current) = store.execution(&execution.id).await? else { return Ok(Progress::Leased) };
                current
            }
            StepResult::Moved | StepResult::Late => return Ok(Progress::Leased),
        };
    }
}

/// Saves a state together with the timer that resumes the execution, if it waits.
async fn save(store: &impl AutomationStore, next: &Execution) -> Result<bool, StoreError> {
    let timer = next.timer_due().map(|due_at| wake(next, due_at));
    store.save(next, timer.as_ref()).await
}

async fn version_of(
    store: &impl AutomationStore,
    execution: &Execution,
) -> Result<std::sync::Arc<PublishedWorkflow>, StoreError> {
    let (id, version) = (&execution.workflow_id, execution.workflow_version);
    let damaged = || StoreError::Damaged {
        doing: "reading the workflow version of an execution",
        detail: format!("workflow {id} has no version {version}"),
    };
    store.version(id, version).await?.ok_or_else(damaged)
}

async fn listen(store: &impl AutomationStore, execution: &Execution) -> Result<(), StoreError> {
    if let Some(contact) = &execution.contact {
        store.listen(contact, &execution.id).await?;
    }
    store.listen_by_key(&execution.correlation_keys(), &execution.id).await
}

async fn stop_listening(
    store: &impl AutomationStore,
    workflow: &Definition,
    execution: &Execution,
) -> Result<(), StoreError> {
    let has_listened = workflow.listens_throughout() || execution.steps.iter().any(|step| step.has_listened());
    match has_listened {
        true => unsubscribe(store, execution).await,
        false => Ok(()),
    }
}

/// Ends all subscriptions of an execution: to its contact, its order and its customer id.
async fn unsubscribe(store: &impl AutomationStore, execution: &Execution) -> Result<(), StoreError> {
    if let Some(contact) = &execution.contact {
        store.stop_listening(contact, &execution.id).await?;
    }
    store.stop_listening_by_key(&execution.correlation_keys(), &execution.id).await
}

/// Creates a timer that resumes an execution.
fn wake(execution: &Execution, due_at: DateTime<Utc>) -> Timer {
    let purpose = Purpose::ExecutionWake { execution_id: execution.id.clone() };
    Timer { tenant_id: execution.event.metadata.tenant_id.clone(), due_at, purpose }
}
