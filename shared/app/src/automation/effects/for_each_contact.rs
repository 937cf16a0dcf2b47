//! Fan-out: starts an execution for each contact of an audience.

use couponflow_domain::automation::actions::ForEachContact;
use couponflow_domain::automation::execution::Outcome;
use couponflow_domain::automation::plan::WorkflowEntry;
use couponflow_domain::kernel::ids::ContactId;
use futures_util::stream;
use futures_util::stream::{StreamExt as _, TryStreamExt as _};
use serde_json::json;

use super::step_run::StepRun;
use crate::automation::execute::wake;
use crate::automation::ports::AutomationStore;
use crate::delivery::ports::Outbound;
use crate::kernel::error::{StoreError, chain};
use crate::kernel::system::{Clock, Rng};

/// Contacts per page.
const PAGE: usize = 100;

/// Maximum number of pages per claim of the step. Processing these pages takes much less time than
/// the lease of the claim.
const PAGES_PER_CLAIM: usize = 5;

/// Maximum number of executions that are started concurrently.
const CONCURRENCY: usize = 16;

/// Starts an execution for each contact on the next pages of the audience. A timer that is due
/// at once runs each execution. The id of an execution derives from the step and the contact,
/// so pages that are repeated after a crash start no execution twice.
pub(super) async fn perform<S: AutomationStore, O: Outbound, E: Clock + Rng>(
    run: &StepRun<'_, S, O, E>,
    ForEachContact { audience, first }: &ForEachContact,
) -> Result<Outcome, StoreError> {
    let audience = audience.with_event_coupon(run.execution.coupon_id());
    let memory = run.execution.current().map(|record| record.memory.clone()).unwrap_or_default();
    let (mut cursor, mut begun) = (memory.cursor, 0);
    for _ in 0..PAGES_PER_CLAIM {
        let page = run.store.audience(&audience, cursor.as_ref(), PAGE).await?;
        let each = page.data.iter().map(|contact| begin_for(run, contact, *first));
        let outcomes: Vec<bool> = stream::iter(each).buffer_unordered(CONCURRENCY).try_collect().await?;
        begun += outcomes.into_iter().map(u64::from).sum::<u64>();
        match page.next_cursor {
            None => return Ok(StepRun::<S, O, E>::completed([("contacts", json!(memory.begun + begun))])),
            next => cursor = next,
        }
    }
    Ok(Outcome::More { cursor: cursor.unwrap_or_default(), begun })
}

async fn begin_for<S: AutomationStore, O: Outbound, E: Clock + Rng>(
    run: &StepRun<'_, S, O, E>,
    contact: &ContactId,
    first: usize,
) -> Result<bool, StoreError> {
    let contact = match run.store.contact(contact).await {
        Ok(Some(contact)) => contact,
        Ok(None) => return Ok(false),
        Err(error @ StoreError::Damaged { .. }) => {
            tracing::error!(
                error = %chain(&error),
                contact.id = %contact,
                "Could not read a contact of an audience; skipping the contact"
            );
            return Ok(false);
        }
        Err(error) => return Err(error),
    };
    let now = run.system.now();
    let execution = run.execution.for_contact(&run.step.id, first, &contact, now);
    let timer = wake(&execution, now);
    // The contact of the parent execution was admitted when the parent started, so skip the
    // admission check.
    let entry = match execution.contact == run.execution.contact {
        true => WorkflowEntry { execution, admission: None },
        false => WorkflowEntry::new(execution, run.workflow),
    };
    run.store.begin(&entry, &timer).await?;
    Ok(true)
}
