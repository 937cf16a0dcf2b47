//! Running workflows: from an event to executions, and each execution step by step.

mod audience;
mod coupons;
mod customer;
mod effect;
mod operate;
mod perform;
mod prepare;
mod signal;
mod start;
mod step;

pub(crate) use customer::EventWithContact;
use signal::{catch_up, notify_event};
use step::{StepResult, step};

pub(crate) use coupons::{NO_BACKUP, expiry_of, outcome};
pub(crate) use perform::TOO_MANY;
pub(crate) use start::{ALREADY_RUN, NOTHING_TO_STOP, not_published};

pub use effect::Effect;
pub use operate::{Operated, cancel, retry};
pub use prepare::{Prepared, prepare};
pub use signal::{notify, settle_mail};

use chrono::{DateTime, Utc};
use couponflow_domain::event::Event;
use couponflow_domain::execution::{Execution, NextAction, StepRecord, watchdog_due};
use couponflow_domain::ids::WorkflowId;
use couponflow_domain::plan::{Entry, Published};
use couponflow_domain::timer::{Purpose, Timer};
use couponflow_domain::workflow::Definition;
use futures_util::stream::{self, StreamExt as _};

use crate::error::{StoreError, chain};
use crate::ports::{Automation, Clock, Outbound, Rng, StartOutcome, Timers};

/// How often something is tried again because somebody else moved the execution in between.
const MAX_CONFLICT_RETRIES: usize = 8;

/// Executions of one event that are begun at once.
const BEGUN_AT_ONCE: usize = 16;

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

/// Handles one event: brings its contact and the audiences up to date, tells the executions that listen, begins an
/// execution of every workflow that wants it, and runs each as far as it goes.
///
/// An execution is begun together with a timer that looks after it, so once begun it goes on whatever becomes of this
/// call, of the message that brought the event, or of the workflow. One that fails does not stop those beside it.
///
/// # Errors
/// The first failure. Handling the event again begins what was not begun.
pub async fn handle_event(
    store: &impl Automation,
    timers: &impl Timers,
    outbound: &impl Outbound,
    system: &(impl Clock + Rng),
    event: &Event,
) -> Result<(), StoreError> {
    let seen = EventWithContact::see(store, system, event).await?;
    let subject = seen.subject();
    if let Some(contact) = &seen.contact {
        store.note_event(event, &contact.id).await?;
    }
    store.settle_purchases(subject.event, seen.contact.as_ref()).await?;
    let mut outcome = notify_event(store, system, subject, seen.contact.as_ref(), &seen.correlation_keys()).await;
    let chain = causes(store, event).await?;
    let matching = store.matching(subject).await?;
    // What the steps of one do to the contact must not keep others from the event when it is handled again.
    let entries = matching.iter().map(|workflow| seen.entry(workflow, &chain, system.now()));
    let begun: Vec<_> = stream::iter(entries.map(|entry| begin(store, entry))).buffered(BEGUN_AT_ONCE).collect().await;
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

/// Runs one workflow for an event that it may have missed, as [`handle_event`] does for all of them.
///
/// # Errors
/// Where a port fails. Doing it again begins it once.
pub async fn run_for(
    store: &impl Automation,
    system: &(impl Clock + Rng),
    workflow: &Published,
    event: &Event,
) -> Result<StartOutcome, StoreError> {
    let seen = EventWithContact::see(store, system, event).await?;
    let chain = causes(store, event).await?;
    let now = system.now();
    let entry = seen.entry(workflow, &chain, now);
    store.begin(&entry, &wake(&entry.execution, now)).await
}

/// The workflows whose doing led to an event. An execution that can't be read keeps none from the event.
pub(crate) async fn causes(store: &impl Automation, event: &Event) -> Result<Vec<WorkflowId>, StoreError> {
    let Some(cause) = &event.data.coupon.caused_by else { return Ok(Vec::new()) };
    match store.execution(cause).await {
        Err(error @ StoreError::Damaged { .. }) => {
            tracing::error!(error = %chain(&error), event.id = %event.id(), "Took an event to be caused by nothing");
            Ok(Vec::new())
        }
        read => Ok(read?.map(|cause| cause.chain_beyond()).unwrap_or_default()),
    }
}

/// Begins an execution, or finds it begun, with the timer that looks after it; none where it is skipped.
async fn begin(store: &impl Automation, entry: Entry) -> Result<Option<(Execution, Timer)>, StoreError> {
    let watchdog = wake(&entry.execution, watchdog_due(entry.execution.created_at));
    Ok(match store.begin(&entry, &watchdog).await? {
        StartOutcome::New => Some((entry.execution, watchdog)),
        StartOutcome::Existing(execution) => Some((*execution, watchdog)),
        StartOutcome::Skipped => None,
    })
}

async fn run_watched(
    store: &impl Automation,
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

/// Runs an execution until it ends, waits, or turns out to be somebody else's.
///
/// Each state is saved under the condition that nobody moved the execution since, so of two instances at the same step one
/// goes on and the other finds out.
///
/// # Errors
/// Where the store fails. The step under way is taken over when its lease has run out.
pub async fn run(
    store: &impl Automation,
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
    if execution.may_have_missed(workflow, system.now()) {
        let Some(caught_up) = catch_up(store, system, workflow, execution).await? else {
            return Ok(Progress::Leased);
        };
        execution = caught_up;
    }
    let mut moved_at_once = 0;
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
            StepResult::Moved if moved_at_once < MAX_CONFLICT_RETRIES => {
                moved_at_once += 1;
                let Some(current) = store.execution(&execution.id).await? else { return Ok(Progress::Leased) };
                current
            }
            StepResult::Moved | StepResult::Late => return Ok(Progress::Leased),
        };
    }
}

/// Saves a state with the timer that goes on from it, where it waits.
async fn save(store: &impl Automation, next: &Execution) -> Result<bool, StoreError> {
    let timer = next.timer_due().map(|due_at| wake(next, due_at));
    store.save(next, timer.as_ref()).await
}

async fn version_of(store: &impl Automation, execution: &Execution) -> Result<std::sync::Arc<Published>, StoreError> {
    let (id, version) = (&execution.workflow_id, execution.workflow_version);
    let damaged = || StoreError::Damaged {
        doing: "running an execution",
        detail: format!("workflow {id} has no version {version}"),
    };
    store.version(id, version).await?.ok_or_else(damaged)
}

async fn listen(store: &impl Automation, execution: &Execution) -> Result<(), StoreError> {
    if let Some(contact) = &execution.contact {
        store.listen(contact, &execution.id).await?;
    }
    store.listen_under(&execution.correlation_keys(), &execution.id).await
}

async fn stop_listening(
    store: &impl Automation,
    workflow: &Definition,
    execution: &Execution,
) -> Result<(), StoreError> {
    let has_listened = workflow.listens_throughout() || execution.steps.iter().any(|step| step.has_listened());
    match has_listened {
        true => stop_notifying(store, execution).await,
        false => Ok(()),
    }
}

/// Takes an execution off the lists of those that are told of its contact, its order and its customer.
async fn stop_notifying(store: &impl Automation, execution: &Execution) -> Result<(), StoreError> {
    if let Some(contact) = &execution.contact {
        store.stop_listening(contact, &execution.id).await?;
    }
    store.stop_listening_under(&execution.correlation_keys(), &execution.id).await
}

/// A timer that goes on with an execution.
fn wake(execution: &Execution, due_at: DateTime<Utc>) -> Timer {
    let purpose = Purpose::ExecutionWake { execution_id: execution.id.clone() };
    Timer { tenant_id: execution.event.metadata.tenant_id.clone(), due_at, purpose }
}
