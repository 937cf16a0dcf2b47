//! Running workflows: from an event to executions, and each execution step by step.

mod act;

use couponflow_domain::event::Event;
use couponflow_domain::execution::{Execution, ExecutionStatus, Turn};
use couponflow_domain::plan::plan;
use couponflow_domain::tenant::TenantId;
use couponflow_domain::timer::{Purpose, Timer};

use crate::error::StoreError;
use crate::ports::{Begun, Contacts, Environment, Executions, Mailer, PublishedWorkflows, WriteCoupons};

/// Where a run left an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It has ended, or a timer will wake it.
    Rests,
    /// Another instance is at it; look again later, in case that one dies.
    Leased,
}

/// Handles one event: brings its contact up to date, begins an execution of every workflow that wants it, and runs
/// each as far as it goes.
///
/// # Errors
/// Where a port fails. Handling the event again goes on where this left off.
pub async fn handle_event(
    store: &(impl Contacts + Executions + PublishedWorkflows + WriteCoupons),
    mailer: &impl Mailer,
    environment: &impl Environment,
    event: &Event,
) -> Result<Progress, StoreError> {
    let now = environment.now();
    let contact = match &event.data.customer {
        Some(customer) => Some(store.see_customer(customer, event.metadata.occurred_at).await?),
        None => None,
    };
    let workflows = store.published().await?;
    let mut progress = Progress::Rests;
    for entry in plan(event, contact.as_ref(), &workflows, now) {
        let execution = match store.begin(&entry, None).await? {
            Begun::New => entry.execution,
            Begun::Existing(execution) => *execution,
            Begun::EnteredBefore => continue,
        };
        if run(store, mailer, environment, execution).await? == Progress::Leased {
            progress = Progress::Leased;
        }
    }
    Ok(progress)
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
    let tenant = execution.event.metadata.tenant_id.clone();
    loop {
        let next = match execution.turn(steps, environment.now()) {
            Turn::Ended | Turn::Asleep => return Ok(Progress::Rests),
            Turn::Leased => return Ok(Progress::Leased),
            Turn::Settled(settled) => *settled,
            Turn::Do(claim) => {
                if !store.save(&claim, None).await? {
                    return Ok(Progress::Leased);
                }
                let step = &steps[claim.position];
                let outcome = act::act(store, mailer, environment, &claim, step).await?;
                claim.record(&outcome, environment.bits(), environment.now())
            }
        };
        if !store.save(&next, wake_timer(&tenant, &next).as_ref()).await? {
            return Ok(Progress::Leased);
        }
        execution = next;
    }
}

fn wake_timer(tenant: &TenantId, execution: &Execution) -> Option<Timer> {
    let due_at = execution.wake_at.filter(|_| execution.status == ExecutionStatus::Waiting)?;
    let purpose = Purpose::ExecutionWake { execution_id: execution.id.clone() };
    Some(Timer { tenant_id: tenant.clone(), due_at, purpose })
}
