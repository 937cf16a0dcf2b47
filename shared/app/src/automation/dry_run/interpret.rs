//! Interprets the steps of an execution: predicts the effects that a run would perform.

use chrono::{DateTime, Utc};
use couponflow_domain::automation::actions::{Effect, ForEachContact};
use couponflow_domain::automation::execution::{AttemptResult, Execution, NextAction, Outcome};
use couponflow_domain::automation::plan::WorkflowEntry;
use couponflow_domain::automation::prepare::{Prepared, prepare};
use couponflow_domain::automation::workflow::{PublishedWorkflow, Step};
use couponflow_domain::contacts::contact::Contact;
use couponflow_domain::kernel::ids::ContactId;

use super::admission::skip_reason;
use super::planned_step::PlannedStep;
use crate::automation::effects::{Changes, PlannedEffect, Prediction, predict};
use crate::automation::ports::AutomationStore;
use crate::kernel::error::StoreError;

/// Predicted final state of an execution.
pub(super) struct Interpreted {
    pub(super) execution: Execution,
    pub(super) steps: Vec<PlannedStep>,
    /// Whether the execution would have waited.
    pub(super) waits: bool,
}

/// Interprets an execution from its current step to its end. Prepares each step and records its
/// outcome with the same code as a real run.
///
/// # Errors
/// Returns an error if the store fails.
pub(super) async fn interpret<S: AutomationStore>(
    prediction: &mut Prediction<'_, S>,
    workflow: &PublishedWorkflow,
    mut execution: Execution,
    mut contact: Option<Contact>,
    mut now: DateTime<Utc>,
) -> Result<Interpreted, StoreError> {
    let definition = &workflow.definition;
    let mut planned: Vec<PlannedStep> = Vec::new();
    let mut waits = false;
    loop {
        match execution.next_action(definition, [0; 10], now) {
            NextAction::Perform(claim) => {
                let Some(step) = definition.steps.get(claim.position) else { break };
                // A step that is outside the message window is prepared twice: when the execution
                // reaches it, and when the window opens. The plan lists the step once: with the
                // instant and the note of the first time, and the values of the second time.
                let delayed = planned.iter().position(|before| before.id == step.id).map(|index| planned.remove(index));
                let mut plan = delayed.unwrap_or_else(|| PlannedStep::new(step, now));
                let outcome = match prepare(&claim, definition, step, contact.as_ref(), now) {
                    Prepared::Settled(outcome) => outcome,
                    Prepared::Effect(effect) => {
                        plan.input = Some(effect.input());
                        if let Effect::ForEachContact(ForEachContact { audience, first }) = &*effect {
                            let audience = audience.with_event_coupon(claim.coupon_id());
                            let page = prediction.store.audience(&audience, None, 1).await?;
                            if let Some(contact) = page.data.first() {
                                let child = Child { claim: &claim, step, first: *first };
                                for_contact(prediction, workflow, child, contact, &mut plan, now).await?;
                            }
                        }
                        let planned = PlannedEffect { claim: &claim, step, now };
                        predict(prediction, &planned, &effect, &mut contact).await?
                    }
                };
                plan.note = note(&outcome).or(plan.note.take());
                planned.push(plan);
                execution = claim.record(definition, &AttemptResult::without_input(outcome), [0; 10], now);
            }
            NextAction::Settled(settled) => execution = *settled,
            NextAction::Sleep(instant) => {
                now = instant;
                waits = true;
            }
            NextAction::Leased | NextAction::Ended => break,
        }
    }
    for plan in &mut planned {
        if let Some(record) = execution.steps.iter().find(|record| record.id == plan.id) {
            (plan.status, plan.detail) = (record.status, record.detail.clone());
        }
    }
    Ok(Interpreted { execution, steps: planned, waits })
}

/// Nested steps of a `for_each_contact` step. `claim` is the parent execution, and `first` is the
/// index of the first nested step.
struct Child<'a> {
    claim: &'a Execution,
    step: &'a Step,
    first: usize,
}

/// Interprets the nested steps of a `for_each_contact` step for one contact. In a run, a separate
/// child execution performs the nested steps, and parent and child read each other's committed
/// changes. The dry run does not predict these changes: the child starts from the stored state, and
/// the parent does not see the predicted changes of the child.
async fn for_contact<S: AutomationStore>(
    prediction: &mut Prediction<'_, S>,
    workflow: &PublishedWorkflow,
    Child { claim, step, first }: Child<'_>,
    id: &ContactId,
    plan: &mut PlannedStep,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let Some(contact) = prediction.store.contact(id).await? else { return Ok(()) };
    let child = claim.for_contact(&step.id, first, &contact, now);
    // The contact of the parent execution was admitted when the parent started, so skip the
    // admission check.
    let has_entered = child.contact == claim.contact;
    let entry = if has_entered {
        WorkflowEntry { execution: child, admission: None }
    } else {
        WorkflowEntry::new(child, &workflow.definition)
    };
    if let Some(why) = skip_reason(prediction.store, &entry, None).await? {
        plan.note = Some(format!("the first contact would be skipped: {why}"));
        return Ok(());
    }
    let mut own = Prediction { store: prediction.store, read: &mut *prediction.read, changes: Changes::default() };
    let interpreted = Box::pin(interpret(&mut own, workflow, entry.execution, Some(contact), now)).await?;
    plan.for_one_contact = interpreted.steps;
    Ok(())
}

fn note(outcome: &Outcome) -> Option<String> {
    Some(match outcome {
        Outcome::Skipped(why) => format!("would be skipped: {why}"),
        Outcome::Failed(why) | Outcome::Retry(why) | Outcome::RetryAfter(why, _) | Outcome::Unknown(why) => {
            format!("would fail: {why}")
        }
        Outcome::WaitUntil(instant) => format!("would wait until {instant:?}"),
        Outcome::ListenUntil(instant) => format!("would wait and time out at {instant:?}"),
        Outcome::NotBefore { instant, why, .. } => format!("would wait until {instant:?}: {why}"),
        Outcome::TookBranch(_, why) => format!("would take this branch: {why}"),
        Outcome::End(why) => format!("would end here: {why}"),
        Outcome::Completed(_) | Outcome::More { .. } => return None,
    })
}
