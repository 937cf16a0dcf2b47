//! Reads published workflows: the workflows whose filters match an event, and single versions of a
//! workflow.

use std::error::Error as StdError;
use std::sync::Arc;

use couponflow_app::automation::ports::WorkflowStatus;
use couponflow_app::kernel::byte_cache::estimated_bytes_of_json;
use couponflow_app::kernel::error::{ErrorKind, StoreError, chain};
use couponflow_app::kernel::system::Clock as _;
use couponflow_domain::automation::filter::{Facts, Filter, FilterIndex, Subject};
use couponflow_domain::automation::workflow::{Definition, PublishedWorkflow, Trigger};
use couponflow_domain::events::event::EventType;
use couponflow_domain::kernel::counters::WorkflowVersion;
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_domain::kernel::input::Errors;
use futures_util::stream;
use futures_util::stream::{StreamExt as _, TryStreamExt as _};

use super::workflow_cache::{CachedList, WorkflowList};
use super::workflow_items::{GenerationItem, PublishedItem, VersionItem, WorkflowItem};
use crate::dynamo::engine::item::{Item, from_item, from_stored_json};
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::system::System;

/// Maximum number of versions that are read concurrently.
const CONCURRENCY: usize = 16;

impl TenantStore {
    pub(crate) async fn matching(&self, subject: Subject<'_>) -> Result<Vec<Arc<PublishedWorkflow>>, StoreError> {
        let list = self.published_list(subject.event.kind).await?;
        let matching = list.filters.matching(&Facts::of(subject));
        let matching = matching.into_iter().map(|place| &list.workflows[place]);
        let read = stream::iter(matching).map(|(id, version)| self.readable(id, *version)).buffered(CONCURRENCY);
        read.try_filter_map(async |published| Ok(published)).try_collect().await
    }

    pub(crate) async fn published(&self, id: &WorkflowId) -> Result<Option<Arc<PublishedWorkflow>>, StoreError> {
        let doing = "reading the published version of a workflow";
        match self.table.get::<WorkflowItem>(self.keys.workflow(id), doing).await? {
            Some(item) if item.status == WorkflowStatus::Published => {
                self.version(id, WorkflowVersion::new(item.version)).await
            }
            _ => Ok(None),
        }
    }

    pub(crate) async fn version(
        &self,
        id: &WorkflowId,
        version: WorkflowVersion,
    ) -> Result<Option<Arc<PublishedWorkflow>>, StoreError> {
        let doing = "reading a workflow version";
        let key = (self.keys.tenant.clone(), id.clone(), version);
        if let Some(cached) = self.table.workflows.version(&key) {
            return Ok(Some(cached));
        }
        let Some(item) = self.table.get::<VersionItem>(self.keys.workflow_version(id, version), doing).await? else {
            return Ok(None);
        };
        let document = from_stored_json(&item.document, "workflow document", doing)?;
        // Does not check the URLs in the document. They are checked when the document is saved, and
        // again before each call.
        let definition = Definition::read_saved(&document).map_err(|errors| {
            StoreError::damaged(doing, InvalidVersion { id: id.clone(), version, faults: errors.into() })
        })?;
        let published = Arc::new(PublishedWorkflow { id: id.clone(), version, definition });
        let bytes = estimated_bytes_of_json(&item.document) + size_of::<PublishedWorkflow>();
        self.table.workflows.put_version(key, Arc::clone(&published), bytes);
        Ok(Some(published))
    }

    /// Returns the published workflows that events of this type start. The list is at most one second old.
    async fn published_list(&self, kind: EventType) -> Result<Arc<WorkflowList>, StoreError> {
        let doing = "reading the published workflows";
        let key = (self.keys.tenant.clone(), kind);
        let slot = self.table.workflows.slot(&key);
        let mut cached = slot.lock().await;
        let now = System.now();
        if let Some(fresh) = cached.as_ref().filter(|cached| cached.is_fresh(now)) {
            return Ok(Arc::clone(&fresh.list));
        }
        let generation: Option<GenerationItem> =
            self.table.get(self.keys.published_generation(Trigger::Event(kind)), doing).await?;
        let generation = generation.unwrap_or_default().generation;
        let list = match &*cached {
            Some(known) if known.generation == generation => Arc::clone(&known.list),
            _ => {
                // Drop the old list before building the new list: the instance may not have enough
                // memory for two lists.
                *cached = None;
                Arc::new(self.read_list(kind, doing).await?)
            }
        };
        self.table.workflows.make_room(&key, list.bytes);
        *cached = Some(CachedList { checked_at: now, generation, list: Arc::clone(&list) });
        Ok(list)
    }

    async fn read_list(&self, kind: EventType, doing: &'static str) -> Result<WorkflowList, StoreError> {
        let items = self.table.partition(self.keys.published_list(Trigger::Event(kind)), doing).await?;
        let is_workflow =
            |item: &Item| item.get("sk").and_then(|sk| sk.as_s().ok()).is_none_or(|sk| !sk.starts_with('#'));
        let items: Vec<Item> = items.into_iter().filter(is_workflow).collect();
        let bytes = items.iter().map(listed_bytes).sum();
        let read = items.into_iter().map(|item| list_entry(item, kind, doing));
        let (workflows, filters) = read.filter_map(or_left_out).unzip();
        Ok(WorkflowList { workflows, filters: FilterIndex::new(filters), bytes })
    }

    /// Reads a workflow version of a list. Returns `None` if the version is damaged or missing, so
    /// that the other workflows of the list still run. Any other failure is an error, because the
    /// list would be incomplete.
    async fn readable(
        &self,
        id: &WorkflowId,
        version: WorkflowVersion,
    ) -> Result<Option<Arc<PublishedWorkflow>>, StoreError> {
        let missing =
            || StoreError::damaged("reading a published workflow", format!("workflow {id} has no version {version}"));
        let read = self.version(id, version).await.and_then(|published| published.ok_or_else(missing));
        match read.as_ref().map_err(StoreError::kind) {
            Err(ErrorKind::Transient | ErrorKind::Permanent) => read.map(Some),
            Ok(_) | Err(ErrorKind::Corrupt) => Ok(or_left_out(read)),
        }
    }
}

/// Faults of a stored document. Names the faulty parts, and never shows their content.
#[derive(Debug, thiserror::Error)]
#[error("not valid at {}", .0.join(", "))]
struct Faults(Vec<String>);

impl From<Errors> for Faults {
    fn from(errors: Errors) -> Self {
        Self(errors.into_iter().map(|error| error.pointer).collect())
    }
}

/// Published version of a workflow that cannot be parsed.
#[derive(Debug, thiserror::Error)]
#[error("workflow {id} version {version}")]
struct InvalidVersion {
    id: WorkflowId,
    version: WorkflowVersion,
    #[source]
    faults: Faults,
}

/// Filters of a published workflow that cannot be parsed.
#[derive(Debug, thiserror::Error)]
#[error("the filters of workflow {id}")]
struct UnreadableFilters {
    id: WorkflowId,
    source: Box<dyn StdError + Send + Sync>,
}

/// Estimates how many bytes a workflow needs in a cached list.
fn listed_bytes(item: &Item) -> usize {
    let filters = item.get("filters").and_then(|filters| filters.as_s().ok()).map_or("", String::as_str);
    size_of::<(WorkflowId, WorkflowVersion, Filter)>() + estimated_bytes_of_json(filters)
}

/// Parses an item of a list: the workflow with its version, and its filters.
fn list_entry(
    item: Item,
    kind: EventType,
    doing: &'static str,
) -> Result<((WorkflowId, WorkflowVersion), Filter), StoreError> {
    let PublishedItem { id, version, filters, .. } = from_item(item, doing)?;
    let damaged = |source: Box<dyn StdError + Send + Sync>| {
        StoreError::damaged(doing, UnreadableFilters { id: id.clone(), source })
    };
    let filters = from_stored_json(&filters, "list of filters", doing).map_err(|error| damaged(error.into()))?;
    let filter =
        Filter::from_json(&filters, Trigger::Event(kind)).map_err(|errors| damaged(Faults::from(errors).into()))?;
    Ok(((id, WorkflowVersion::new(version)), filter))
}

fn or_left_out<T>(read: Result<T, StoreError>) -> Option<T> {
    read.inspect_err(|error| tracing::error!(error = %chain(error), "Skipped a workflow that can't be read")).ok()
}
