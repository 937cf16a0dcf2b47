//! What a workflow would do for events, with nothing done; and running it for past events on purpose.

mod admission;
mod foresee;
mod interpret;

use chrono::{DateTime, Utc};
use couponflow_domain::event::{Event, EventType};
use couponflow_domain::execution::{ExecutionStatus, StepStatus};
use couponflow_domain::filter::Explanation;
use couponflow_domain::ids::EventId;
use couponflow_domain::plan::Published;
use couponflow_domain::workflow::{Step, Trigger};
use serde::Serialize;
use serde_json::{Map, Value};

use admission::{Before, conflict};
use foresee::{Changes, Coupons, Foresight};
use interpret::interpret;

use crate::error::StoreError;
use crate::execute::{EventWithContact, causes, run_for};
use crate::ports::{Automation, Clock, Rng, StartOutcome};

/// What a workflow would do for one event.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct DryRun {
    /// The event.
    pub event_id: EventId,
    /// What happened.
    pub event_type: EventType,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Whether the trigger and the filters want it.
    pub matches: bool,
    /// What the trigger expects, where it is another event.
    pub expected_event: Option<String>,
    /// Each filter with what it expects and what the event has; null where the event is another one.
    pub filters: Option<Explanation>,
    /// Why no execution would begin although it matches.
    pub would_skip: Option<String>,
    /// How the execution would end; null where none would begin.
    pub would_end: Option<ExecutionStatus>,
    /// The steps that it would come to, and what they would do.
    pub steps: Vec<PlannedStep>,
}

/// What a step would do.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct PlannedStep {
    /// Its name.
    pub id: String,
    /// Its type.
    pub r#type: String,
    /// How it would end.
    pub status: StepStatus,
    /// Why it would be skipped, fail or go its way, in the words of the timeline of a run.
    pub detail: Option<String>,
    /// What it would be done with, rendered; null where it would do nothing.
    pub input: Option<Map<String, Value>>,
    /// What would come of it otherwise: why it would be skipped, which way it would go, until when it would wait.
    pub note: Option<String>,
    /// When it would be come to.
    pub at: DateTime<Utc>,
    /// Of a for-each-contact: what would be done for the first contact of the audience.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub for_one_contact: Vec<PlannedStep>,
}

/// Says what a workflow would do for an event now, with the decisions that runs make.
///
/// Steps that put something out that is not known before put out a placeholder of the same kind. What only the world
/// outbound decides is taken to go well, and what is waited for not to happen.
///
/// # Errors
/// Where the store fails.
pub async fn dry_run(
    store: &impl Automation,
    workflow: &Published,
    event: &Event,
    now: DateTime<Utc>,
) -> Result<DryRun, StoreError> {
    DryRuns::new(store, workflow, now).of(event).await
}

/// The same for several events, as if they came now, one after the other in the order in which they occurred: an execution
/// that an event would begin counts when it is decided whether later ones begin. What its steps would change, otherwise,
/// does not show in later ones. Answers are in the order of the events given.
///
/// # Errors
/// Where the store fails.
pub async fn dry_runs(
    store: &impl Automation,
    workflow: &Published,
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
    workflow: &'a Published,
    now: DateTime<Utc>,
    coupons: Coupons,
    before: Before,
}

impl<'a, S: Automation> DryRuns<'a, S> {
    fn new(store: &'a S, workflow: &'a Published, now: DateTime<Utc>) -> Self {
        Self { store, workflow, now, coupons: Coupons::new(), before: Before::default() }
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
        let known = known.with_would_be(now);
        let entry = known.entry(workflow, &causes(store, event).await?, now);
        dry.would_skip = conflict(store, &entry, Some(&self.before)).await?;
        // What it would do if it began is shown all the same.
        let mut execution = entry.execution;
        execution.status = ExecutionStatus::Running;
        let mut foresight = Foresight { store, read: &mut self.coupons, changes: Changes::default() };
        let interpreted = interpret(&mut foresight, workflow, execution, known.contact, now).await?;
        dry.steps = interpreted.steps;
        if dry.would_skip.is_none() {
            dry.would_end = Some(interpreted.execution.status);
            self.before.count(&interpreted.execution, !interpreted.waits);
        }
        Ok(dry)
    }
}

impl PlannedStep {
    /// A step that is come to at `at`; what it comes to is not known yet.
    fn new(step: &Step, at: DateTime<Utc>) -> Self {
        Self {
            id: step.id.clone(),
            r#type: step.action.name().to_owned(),
            status: StepStatus::Running,
            detail: None,
            input: None,
            note: None,
            at,
            for_one_contact: Vec::new(),
        }
    }
}

/// What came of running a workflow for a past event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Replayed {
    /// An execution has begun.
    Begun,
    /// The workflow has run for it before.
    RanBefore,
    /// The trigger or the filters don't want it.
    NotWanted,
    /// Its contact may not enter the workflow now; the skipped execution says why.
    Skipped,
}

/// Runs a workflow for a past event that its trigger and filters want, once, however often it is asked for.
///
/// # Errors
/// Where the store fails. Doing it again is safe.
pub async fn replay(
    store: &impl Automation,
    system: &(impl Clock + Rng),
    workflow: &Published,
    event: &Event,
) -> Result<Replayed, StoreError> {
    let known = EventWithContact::look_up(store, event).await?;
    let is_trigger = workflow.definition.trigger == Trigger::Event(event.kind);
    if !is_trigger || !workflow.definition.filter.matches(known.subject()) {
        return Ok(Replayed::NotWanted);
    }
    Ok(match run_for(store, system, workflow, event).await? {
        StartOutcome::New => Replayed::Begun,
        StartOutcome::Existing(_) => Replayed::RanBefore,
        StartOutcome::Skipped => Replayed::Skipped,
    })
}
