//! Lists of the published workflows, one for each trigger: which of them contain a workflow.

use couponflow_app::automation::ports::{Workflow, WorkflowStatus};
use couponflow_app::kernel::error::{StoreError, chain};
use couponflow_domain::automation::workflow::Trigger;

use super::workflow_items::PublishedItem;
use crate::dynamo::engine::item::{Item, from_item};
use crate::dynamo::engine::key::Key;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::dynamo::tenants::usage::PublishedUsage;

/// Entry of a workflow in the list of a trigger.
pub(super) struct ListEntry {
    pub(super) trigger: Trigger,
    /// What counts towards the quotas for the entry.
    pub(super) counted: PublishedUsage,
}

impl TenantStore {
    /// Returns the entries of a workflow in the lists of all triggers. The trigger of the published version follows from
    /// the lists and not from a document, because the current document can have another trigger and the published
    /// version can be unreadable.
    pub(super) async fn list_entries(
        &self,
        workflow: &Workflow,
        doing: &'static str,
    ) -> Result<Vec<ListEntry>, StoreError> {
        if workflow.status != WorkflowStatus::Published {
            return Ok(Vec::new());
        }
        let keys: Vec<Key> = Trigger::all().map(|trigger| self.keys.published(trigger, &workflow.id)).collect();
        let found = Trigger::all().zip(self.table.items(&keys, doing).await?);
        let entry = |(trigger, item): (Trigger, Option<Item>)| {
            item.map(|item| ListEntry { trigger, counted: counted(item, doing) })
        };
        Ok(found.filter_map(entry).collect())
    }
}

/// Returns what counts towards the quotas for an entry. An unreadable entry counts nothing, so that the workflow can
/// still be paused and deleted.
fn counted(item: Item, doing: &'static str) -> PublishedUsage {
    let read = from_item::<PublishedItem>(item, doing).inspect_err(
        |error| tracing::error!(error = %chain(error), "Removing an entry of a list of workflows that can't be read"),
    );
    let counted = read.ok().and_then(|listed| listed.counted_bytes);
    counted.map(|filter_bytes| PublishedUsage { workflows: 1, filter_bytes }).unwrap_or_default()
}
