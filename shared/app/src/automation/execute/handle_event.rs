//! Handles an event: starts the executions of the matching workflows and runs the executions.

use couponflow_domain::automation::execution::{Execution, watchdog_due};
use couponflow_domain::automation::plan::WorkflowEntry;
use couponflow_domain::events::event::Event;
use couponflow_domain::tenants::profile::TenantState;
use couponflow_domain::timers::timer::Timer;
use futures_util::stream;
use futures_util::stream::StreamExt as _;

use super::causes::causes;
use super::customer::EventWithContact;
use super::erase_step::erase_late_event;
use super::run::{Progress, run};
use super::signal::notify_event;
use super::wake::wake;
use crate::automation::ports::AutomationStore;
use crate::automation::ports::StartOutcome;
use crate::delivery::ports::Outbound;
use crate::kernel::error::StoreError;
use crate::kernel::metrics;
use crate::kernel::system::{Clock, Rng};
use crate::timers::ports::TimerStore;

/// Maximum number of executions of one event that are started concurrently.
const START_CONCURRENCY: usize = 16;

/// Maximum number of executions of one event that run concurrently, so that a slow webhook of one workflow does not delay
/// the others.
const RUN_CONCURRENCY: usize = 8;

/// Handles one event:
///
/// - Updates the event's contact and the audiences. If the customer was erased, erases what the event has stored.
/// - Notifies the executions that wait for the event.
/// - Starts an execution of each matching workflow.
/// - Runs each execution until it ends or waits.
///
/// For a suspended tenant, no workflow starts: the event is not handled again when the tenant is resumed. An event of a
/// deleted tenant is dropped.
///
/// Each execution is stored together with a watchdog timer. Therefore the execution continues even
/// if this call dies, the message with the event is lost, or the workflow is paused. An execution
/// that fails does not stop the other executions.
///
/// # Errors
/// Returns the first error if a part of the handling fails. A repeated call starts the executions
/// that were not started.
pub async fn handle_event(
    store: &impl AutomationStore,
    timers: &impl TimerStore,
    outbound: &impl Outbound,
    system: &(impl Clock + Rng),
    event: &Event,
) -> Result<(), StoreError> {
    let profile = store.profile().await?;
    if profile.state == TenantState::Deleted {
        return Ok(());
    }
    let seen = EventWithContact::see(store, system, event).await?;
    if seen.is_erased() {
        erase_late_event(timers, system, event).await?;
    }
    let subject = seen.subject();
    if let Some(contact) = &seen.contact {
        store.update_audiences(event, &contact.id).await?;
    }
    store.settle_purchases(subject.event, seen.contact.as_ref()).await?;
    let outcome = notify_event(store, system, subject, seen.contact.as_ref(), &seen.correlation_keys()).await;
    if !profile.is_active() {
        return outcome;
    }
    let chain = causes(store, event).await?;
    let matching = store.matching(subject).await?;
    // Store all executions before any of them runs. The steps of an execution can change the
    // contact. If this call is repeated after a step changed the contact, other workflows may no
    // longer match.
    let entries = matching.iter().map(|workflow| seen.entry(workflow, &chain, system.now()));
    let begun: Vec<_> =
        stream::iter(entries.map(|entry| begin(store, entry))).buffered(START_CONCURRENCY).collect().await;
    let runs = begun.into_iter().map(async |begun| match begun {
        Ok(Some((execution, watchdog))) => run_watched(store, timers, outbound, system, execution, &watchdog).await,
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    });
    let ran: Vec<_> = stream::iter(runs).buffered(RUN_CONCURRENCY).collect().await;
    ran.into_iter().fold(outcome, Result::and)
}

/// Starts an execution with a watchdog timer, or finds the execution that was already started. Returns `None` if the
/// execution is skipped.
async fn begin(store: &impl AutomationStore, entry: WorkflowEntry) -> Result<Option<(Execution, Timer)>, StoreError> {
    let watchdog = wake(&entry.execution, watchdog_due(entry.execution.created_at));
    Ok(match store.begin(&entry, &watchdog).await? {
        StartOutcome::New => {
            metrics::execution_started();
            Some((entry.execution, watchdog))
        }
        StartOutcome::Existing(execution) => Some((*execution, watchdog)),
        StartOutcome::Skipped => None,
    })
}

async fn run_watched(
    store: &impl AutomationStore,
    timers: &impl TimerStore,
    outbound: &impl Outbound,
    system: &(impl Clock + Rng),
    execution: Execution,
    watchdog: &Timer,
) -> Result<(), StoreError> {
    match run(store, outbound, system, execution).await? {
        // The watchdog continues the execution.
        Progress::Leased | Progress::OutOfTime => Ok(()),
        Progress::Ended | Progress::Asleep(_) => timers.remove_timer(watchdog).await,
    }
}
