//! Replay: runs a workflow for past events.

use std::sync::Arc;

use couponflow_domain::automation::workflow::{PublishedWorkflow, Trigger};
use couponflow_domain::events::event::Event;
use couponflow_domain::kernel::ids::WorkflowId;
use serde::Serialize;

use crate::automation::execute::{EventWithContact, causes, wake};
use crate::automation::ports::AutomationStore;
use crate::automation::ports::StartOutcome;
use crate::automation::workflow_check::existing;
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
    /// The workflow does not permit an execution now, because of `re_entry` or
    /// `max_executions_per_contact_and_hour`, or because this workflow or a chain of 10 workflows
    /// caused the event (loop guard). The execution has status `skipped` and states the reason.
    Skipped,
}

/// Workflow whose past events are to be replayed.
#[derive(Debug, Clone, PartialEq)]
pub enum Replayable {
    /// Version that is published now.
    Version(Arc<PublishedWorkflow>),
    /// The workflow does not exist or was deleted.
    NotFound,
    /// The workflow is not published.
    NotPublished,
}

/// Returns the version of a workflow that replays run. Only a published workflow can be replayed.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn replayable(store: &impl AutomationStore, id: &WorkflowId) -> Result<Replayable, StoreError> {
    let Some(workflow) = existing(store, id).await? else { return Ok(Replayable::NotFound) };
    if !workflow.is_replayable() {
        return Ok(Replayable::NotPublished);
    }
    Ok(store.published(id).await?.map_or(Replayable::NotPublished, Replayable::Version))
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
