//! Dry run: shows what a workflow would do for events, without performing any effect.

mod admission;
mod interpret;
mod planned_step;

pub use crate::automation::replay::{Replayed, replay};
pub use planned_step::PlannedStep;

pub(super) use admission::{ALREADY_RUN, skip_reason};

use chrono::{DateTime, Utc};
use couponflow_domain::automation::execution::ExecutionStatus;
use couponflow_domain::automation::filter::Explanation;
use couponflow_domain::automation::workflow::{PublishedWorkflow, Trigger};
use couponflow_domain::events::event::{Event, EventType};
use couponflow_domain::kernel::ids::EventId;
use serde::Serialize;

use admission::EarlierStarts;
use interpret::interpret;

use crate::automation::effects::{Changes, Coupons, Prediction};
use crate::automation::execute::{EventWithContact, causes};
use crate::automation::ports::AutomationStore;
use crate::kernel::error::StoreError;

/// What a workflow would do for one event.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct DryRun {
    /// Id of the event.
    pub event_id: EventId,
    /// Type of the event.
    pub event_type: EventType,
    /// Time of the event.
    pub occurred_at: DateTime<Utc>,
    /// Whether the trigger and the filters match the event.
    pub matches: bool,
    /// Type of event that the trigger expects, if the event has another type.
    pub expected_event: Option<String>,
    /// Result of each filter, with the expected and the actual value; null if the trigger expects
    /// another type of event.
    pub filters: Option<Explanation>,
    /// Reason why no execution would start although the event matches.
    pub would_skip: Option<String>,
    /// Final status of the execution; null if none would start.
    pub would_end: Option<ExecutionStatus>,
    /// Steps that the execution would reach, with what each would do.
    pub steps: Vec<PlannedStep>,
}

/// Shows what a workflow would do for an event now, based on the same decisions as a run.
///
/// Outputs that only a run can produce, such as ids, become placeholders of the same type. Assumes
/// that calls to other systems succeed. Assumes that no step receives an event that it waits for.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn dry_run(
    store: &impl AutomationStore,
    workflow: &PublishedWorkflow,
    event: &Event,
    now: DateTime<Utc>,
) -> Result<DryRun, StoreError> {
    DryRuns::new(store, workflow, now).of(event).await
}

/// Shows what a workflow would do for several events, as if the events arrived now in order of
/// occurrence. Returns the results in the order of `events`.
///
/// An execution that an event would start counts towards the admission limits for later events.
/// Other effects of the execution do not influence later events.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn dry_runs(
    store: &impl AutomationStore,
    workflow: &PublishedWorkflow,
    events: &[Event],
    now: DateTime<Utc>,
) -> Result<Vec<DryRun>, StoreError> {
    let mut in_order: Vec<_> = events.iter().enumerate().collect();
    in_order.sort_by_key(|(_, event)| (event.metadata.occurred_at, event.id()));
    let mut runs = DryRuns::new(store, workflow, now);
    let mut answers = Vec::with_capacity(events.len());
    for (place, event) in in_order {
        answers.push((place, runs.of(event).await?));
    }
    answers.sort_by_key(|(place, _)| *place);
    Ok(answers.into_iter().map(|(_, answer)| answer).collect())
}

/// Dry runs of one request.
struct DryRuns<'a, S> {
    store: &'a S,
    workflow: &'a PublishedWorkflow,
    now: DateTime<Utc>,
    coupons: Coupons,
    before: EarlierStarts,
}

impl<'a, S: AutomationStore> DryRuns<'a, S> {
    fn new(store: &'a S, workflow: &'a PublishedWorkflow, now: DateTime<Utc>) -> Self {
        Self { store, workflow, now, coupons: Coupons::new(), before: EarlierStarts::default() }
    }

    async fn of(&mut self, event: &Event) -> Result<DryRun, StoreError> {
        let Self { store, workflow, now, .. } = *self;
        let known = EventWithContact::look_up(store, event).await?;
        let definition = &workflow.definition;
        let expected_event = match definition.trigger {
            Trigger::Event(kind) if kind == event.kind => None,
            other => Some(other.name().to_owned()),
        };
        let filters = expected_event.is_none().then(|| definition.filter.explain(known.subject()));
        let matches = filters.as_ref().is_some_and(|filters| filters.held);
        let mut dry = DryRun {
            event_id: event.id().clone(),
            event_type: event.kind,
            occurred_at: event.metadata.occurred_at,
            matches,
            expected_event,
            filters,
            would_skip: None,
            would_end: None,
            steps: Vec::new(),
        };
        if !matches {
            return Ok(dry);
        }
        let known = known.with_prospective_contact(now);
        let entry = known.entry(workflow, &causes(store, event).await?, now);
        dry.would_skip = skip_reason(store, &entry, Some(&self.before)).await?;
        // Show the steps even if no execution would start.
        let mut execution = entry.execution;
        execution.status = ExecutionStatus::Running;
        let mut prediction = Prediction { store, read: &mut self.coupons, changes: Changes::default() };
        let interpreted = interpret(&mut prediction, workflow, execution, known.contact, now).await?;
        dry.steps = interpreted.steps;
        if dry.would_skip.is_none() {
            dry.would_end = Some(interpreted.execution.status);
            self.before.count(&interpreted.execution, !interpreted.waits);
        }
        Ok(dry)
    }
}
