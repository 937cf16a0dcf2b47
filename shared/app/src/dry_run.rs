//! What a workflow would do for events, with nothing done; and running it for past events on purpose.

use chrono::{DateTime, Utc};
use couponflow_domain::contact::Contact;
use couponflow_domain::event::{Event, EventType};
use couponflow_domain::execution::{Done, Execution, ExecutionStatus, Outcome, Turn};
use couponflow_domain::filter::Explanation;
use couponflow_domain::ids::{EventId, ExecutionId};
use couponflow_domain::plan::Published;
use couponflow_domain::workflow::{Step, Trigger};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::error::StoreError;
use crate::execute::{Effect, EventWithContact, Prepared, causes, prepare, run_for};
use crate::ports::{Automation, Begun, Environment};

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

/// Says what a workflow would do for an event now.
///
/// Steps that put something out put out a placeholder, and what is waited for is taken not to happen.
///
/// # Errors
/// Where the store fails.
pub async fn dry_run(
    store: &impl Automation,
    workflow: &Published,
    event: &Event,
    now: DateTime<Utc>,
) -> Result<DryRun, StoreError> {
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
        steps: Vec::new(),
    };
    if !matches {
        return Ok(dry);
    }
    let known = known.with_would_be(now);
    let entry = known.entry(workflow, &causes(store, event).await?, now);
    dry.would_skip = would_skip(store, workflow, &entry.execution).await?;
    dry.steps = steps(store, workflow, entry.execution, known.contact.as_ref(), now).await?;
    Ok(dry)
}

async fn would_skip(
    store: &impl Automation,
    workflow: &Published,
    execution: &Execution,
) -> Result<Option<String>, StoreError> {
    if execution.status == ExecutionStatus::Skipped {
        return Ok(execution.detail.clone());
    }
    if store.execution(&execution.id).await?.is_some() {
        return Ok(Some("the workflow has already run for this event".to_owned()));
    }
    let Some(contact) = &execution.contact else { return Ok(None) };
    let Some(entered) = store.entered(&workflow.id, contact).await? else { return Ok(None) };
    if !workflow.definition.settings.re_entry {
        return Ok(Some(format!("the contact has entered this workflow before, with {entered}")));
    }
    let under_way = is_under_way(store, &entered).await?;
    Ok(under_way.then(|| format!("the contact's execution {entered} of this workflow is under way")))
}

async fn is_under_way(store: &impl Automation, id: &ExecutionId) -> Result<bool, StoreError> {
    Ok(store.execution(id).await?.is_some_and(|execution| !execution.status.is_over()))
}

async fn steps(
    store: &impl Automation,
    workflow: &Published,
    mut execution: Execution,
    contact: Option<&Contact>,
    mut now: DateTime<Utc>,
) -> Result<Vec<PlannedStep>, StoreError> {
    let definition = &workflow.definition;
    let mut planned: Vec<PlannedStep> = Vec::new();
    loop {
        match execution.turn(definition, [0; 10], now) {
            Turn::Do(claim) => {
                let Some(step) = definition.steps.get(claim.position) else { return Ok(planned) };
                let prepared = prepare(&claim, definition, step, contact, now);
                // A step that waits for its time is come to again.
                planned.retain(|before| before.id != step.id);
                let (mut plan, outcome) = planned_step(step, &prepared, now);
                if let Prepared::Effect(effect) = &prepared
                    && let Effect::ForEach { audience, first } = &**effect
                {
                    let audience = audience.of_event(execution.coupon_id());
                    let page = store.audience(&audience, None, 1).await?;
                    if let Some(id) = page.data.first()
                        && let Some(one) = store.contact(id).await?
                    {
                        let child = claim.for_contact(&step.id, *first, &one, now);
                        plan.for_one_contact = Box::pin(steps(store, workflow, child, Some(&one), now)).await?;
                    }
                }
                planned.push(plan);
                execution = claim.record(definition, &Done::without_input(outcome), [0; 10], now);
            }
            Turn::Settled(settled) => execution = *settled,
            Turn::Asleep(instant) => now = instant,
            Turn::Leased | Turn::Ended => return Ok(planned),
        }
    }
}

/// A step of the plan, and the outcome with which the plan goes on.
fn planned_step(step: &Step, prepared: &Prepared, now: DateTime<Utc>) -> (PlannedStep, Outcome) {
    let (input, note, outcome) = match prepared {
        Prepared::Effect(effect) => match &**effect {
            Effect::Listen { until } => {
                (Some(effect.input()), Some("taken not to happen".to_owned()), Outcome::ListenUntil(*until))
            }
            effect => (Some(effect.input()), None, Outcome::Completed(placeholders(step))),
        },
        Prepared::Settled(outcome) => (None, note(outcome), outcome.clone()),
    };
    // Nothing is sent before its time, but it is sent.
    let outcome = match outcome {
        Outcome::Retry(why) | Outcome::RetryAfter(why, _) | Outcome::Failed(why) | Outcome::Unknown(why) => {
            Outcome::Skipped(why)
        }
        other => other,
    };
    let (id, kind) = (step.id.clone(), step.action.name().to_owned());
    let plan = PlannedStep { id, r#type: kind, input, note, at: now, for_one_contact: Vec::new() };
    (plan, outcome)
}

fn note(outcome: &Outcome) -> Option<String> {
    Some(match outcome {
        Outcome::Skipped(why) => format!("would be skipped: {why}"),
        Outcome::Failed(why) | Outcome::Retry(why) | Outcome::RetryAfter(why, _) | Outcome::Unknown(why) => {
            format!("would fail: {why}")
        }
        Outcome::WaitUntil(instant) | Outcome::ListenUntil(instant) => format!("would wait until {instant:?}"),
        Outcome::NotBefore { instant, why, .. } => format!("would wait until {instant:?}: {why}"),
        Outcome::Took(_, why) => format!("would go this way: {why}"),
        Outcome::End(why) => format!("would end here: {why}"),
        Outcome::Completed(_) | Outcome::More { .. } => return None,
    })
}

/// What the step would put out, as texts that name it.
fn placeholders(step: &Step) -> Map<String, Value> {
    let outputs = step.action.outputs().iter();
    outputs.map(|output| ((*output).to_owned(), json!(format!("({}.{output})", step.id)))).collect()
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
    environment: &impl Environment,
    workflow: &Published,
    event: &Event,
) -> Result<Replayed, StoreError> {
    let known = EventWithContact::look_up(store, event).await?;
    let is_trigger = workflow.definition.trigger == Trigger::Event(event.kind);
    if !is_trigger || !workflow.definition.filter.matches(known.subject()) {
        return Ok(Replayed::NotWanted);
    }
    Ok(match run_for(store, environment, workflow, event).await? {
        Begun::New => Replayed::Begun,
        Begun::Existing(_) => Replayed::RanBefore,
        Begun::Skipped => Replayed::Skipped,
    })
}
