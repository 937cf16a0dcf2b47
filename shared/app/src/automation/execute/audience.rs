//! Fan-out: starts an execution for each contact of an audience.

use couponflow_domain::automation::execution::Outcome;
use couponflow_domain::automation::plan::WorkflowEntry;
use couponflow_domain::automation::workflow::Step;
use couponflow_domain::contacts::audience::Audience;
use couponflow_domain::kernel::ids::ContactId;
use futures_util::stream;
use futures_util::stream::{StreamExt as _, TryStreamExt as _};
use serde_json::json;

use super::step_run::StepRun;
use super::wake::wake;
use crate::automation::context::{AutomationStore, Outbound};
use crate::kernel::error::{StoreError, chain};
use crate::kernel::system::{Clock, Rng};

/// Contacts per page.
const PAGE: usize = 100;

/// Maximum number of pages per claim of the step. Processing these pages takes much less time than
/// the lease of the claim.
const PAGES_PER_CLAIM: usize = 5;

/// Maximum number of executions that are started concurrently.
const CONCURRENCY: usize = 16;

impl<S: AutomationStore, O: Outbound, E: Clock + Rng> StepRun<'_, S, O, E> {
    /// Starts an execution for each contact on the next pages of the audience. A timer that is due
    /// at once runs each execution. The id of an execution derives from the step and the contact,
    /// so pages that are repeated after a crash start no execution twice.
    pub(super) async fn for_each(&self, step: &Step, audience: &Audience, first: usize) -> Result<Outcome, StoreError> {
        let audience = audience.with_event_coupon(self.execution.coupon_id());
        let memory = self.execution.current().map(|record| record.memory.clone()).unwrap_or_default();
        let (mut cursor, mut begun) = (memory.cursor, 0);
        for _ in 0..PAGES_PER_CLAIM {
            let page = self.store.audience(&audience, cursor.as_deref(), PAGE).await?;
            let each = page.data.iter().map(|contact| self.begin_for(step, contact, first));
            let outcomes: Vec<bool> = stream::iter(each).buffer_unordered(CONCURRENCY).try_collect().await?;
            begun += outcomes.into_iter().map(u64::from).sum::<u64>();
            match page.next_cursor {
                None => return Ok(Self::completed([("contacts", json!(memory.begun + begun))])),
                next => cursor = next,
            }
        }
        Ok(Outcome::More { cursor: cursor.unwrap_or_default(), begun })
    }

    async fn begin_for(&self, step: &Step, contact: &ContactId, first: usize) -> Result<bool, StoreError> {
        let contact = match self.store.contact(contact).await {
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
        let now = self.system.now();
        let execution = self.execution.for_contact(&step.id, first, &contact, now);
        let timer = wake(&execution, now);
        // The contact of the parent execution was admitted when the parent started, so skip the
        // admission check.
        let entry = match execution.contact == self.execution.contact {
            true => WorkflowEntry { execution, admission: None },
            false => WorkflowEntry::new(execution, self.workflow),
        };
        self.store.begin(&entry, &timer).await?;
        Ok(true)
    }
}
