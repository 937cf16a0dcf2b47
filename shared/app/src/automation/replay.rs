//! Replay: runs a workflow for past events.

use couponflow_domain::automation::workflow::{PublishedWorkflow, Trigger};
use couponflow_domain::events::event::Event;
use serde::Serialize;

use crate::automation::context::AutomationStore;
use crate::automation::execute::{EventWithContact, causes, wake};
use crate::automation::ports::StartOutcome;
use crate::kernel::error::StoreError;
use crate::kernel::system::{Clock, Rng};

/// Outcome of replaying a past event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Replayed {
    /// An execution was started.
    Begun,
    /// The workflow has already run for the event.
    RanBefore,
    /// The trigger or the filters do not match the event.
    NotWanted,
    /// The admission rules of the workflow do not permit an execution now. The execution has status
    /// `skipped` and states the reason.
    Skipped,
}

/// Runs a workflow for a past event that its trigger and filters match. Idempotent: each event starts at most one
/// execution.
///
/// # Errors
/// Returns an error if the store fails. Repeating the call is safe.
pub async fn replay(
    store: &impl AutomationStore,
    system: &(impl Clock + Rng),
    workflow: &PublishedWorkflow,
    event: &Event,
) -> Result<Replayed, StoreError> {
    let known = EventWithContact::look_up(store, event).await?;
    let is_trigger = workflow.definition.trigger == Trigger::Event(event.kind);
    if !is_trigger || !workflow.definition.filter.matches(known.subject()) {
        return Ok(Replayed::NotWanted);
    }
    Ok(match start(store, system, workflow, event).await? {
        StartOutcome::New => Replayed::Begun,
        StartOutcome::Existing(_) => Replayed::RanBefore,
        StartOutcome::Skipped => Replayed::Skipped,
    })
}

/// Starts an execution of a workflow for an event. A timer that is due at once runs the execution.
/// Idempotent.
async fn start(
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
