//! The published workflows: a list for each trigger, which one instance remembers ready for matching, and their
//! versions.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::error::StoreError;
use couponflow_app::ports::{Clock as _, PublishedWorkflows, WorkflowStatus};
use couponflow_domain::event::EventType;
use couponflow_domain::filter::{Facts, Filter, FilterIndex, Subject};
use couponflow_domain::ids::WorkflowId;
use couponflow_domain::tenant::TenantId;
use couponflow_domain::workflow::PublishedWorkflow;
use couponflow_domain::workflow::{Definition, Trigger};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::{Deserialize, Serialize};

use super::TenantStore;
use super::item::{Item, Stored, from_item};
use super::workflows::WorkflowItem;
use crate::system::System;

/// For how long a list is taken for current without asking: half of what a publish may take to show.
const FRESH: TimeDelta = TimeDelta::seconds(1);

/// Workflows in all remembered lists; with more, only the list that was read last stays.
const LISTED: usize = 20_000;

/// Remembered versions; with more, all are read anew.
const VERSIONS: usize = 1_000;

/// Versions that are read at the same time.
const READS_AT_ONCE: usize = 16;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct VersionItem {
    pub(super) document: String,
    #[serde(default)]
    pub(super) published_at_ms: Option<i64>,
}

impl Stored for VersionItem {
    const KIND: &'static str = "WORKFLOW_VERSION";
}

/// A published workflow in the list of its trigger: what matching needs, and no more.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PublishedItem {
    pub(super) id: WorkflowId,
    pub(super) version: i64,
    /// The filters of the document, as JSON.
    pub(super) filters: String,
}

impl Stored for PublishedItem {
    const KIND: &'static str = "PUBLISHED";
}

/// Counts the changes of a list.
#[derive(Debug, Default, Serialize, Deserialize)]
struct GenerationItem {
    generation: i64,
}

impl Stored for GenerationItem {
    const KIND: &'static str = "GENERATION";
}

/// The workflows of one trigger, ordered by id, and an index of their filters in the same order.
#[derive(Debug)]
struct List {
    workflows: Vec<(WorkflowId, i64)>,
    filters: FilterIndex,
}

/// A list as of a generation, and when that was asked for.
#[derive(Debug)]
struct Remembered {
    asked_at: DateTime<Utc>,
    generation: i64,
    list: Arc<List>,
}

/// Whoever holds it reads the list; those who need it meanwhile wait, and find it.
type Slot = Arc<tokio::sync::Mutex<Option<Remembered>>>;

/// Whose list of which events.
type ListKey = (TenantId, EventType);

/// What one instance remembers of workflows. Versions never change; a list is current while its generation is.
#[derive(Debug, Default)]
pub(super) struct WorkflowCache {
    /// With how many workflows each has.
    lists: Mutex<HashMap<ListKey, (Slot, usize)>>,
    versions: Mutex<HashMap<(TenantId, WorkflowId, i64), Arc<PublishedWorkflow>>>,
}

impl WorkflowCache {
    fn slot(&self, key: &ListKey) -> Slot {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&lists.entry(key.clone()).or_default().0)
    }

    fn make_room(&self, key: &ListKey, workflows: usize) {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        lists.entry(key.clone()).or_default().1 = workflows;
        if lists.values().map(|(_, workflows)| workflows + 1).sum::<usize>() > LISTED {
            lists.retain(|other, _| other == key);
        }
    }
}

impl PublishedWorkflows for TenantStore {
    async fn matching(&self, subject: Subject<'_>) -> Result<Vec<Arc<PublishedWorkflow>>, StoreError> {
        let list = self.published_list(subject.event.kind).await?;
        let matching = list.filters.matching(&Facts::of(subject));
        let matching = matching.into_iter().map(|place| &list.workflows[place]);
        let read = stream::iter(matching).map(|(id, version)| self.readable(id, *version)).buffered(READS_AT_ONCE);
        read.try_filter_map(async |published| Ok(published)).try_collect().await
    }

    async fn published(&self, id: &WorkflowId) -> Result<Option<Arc<PublishedWorkflow>>, StoreError> {
        let doing = "reading what of a workflow is published";
        match self.table.get::<WorkflowItem>(self.keys.workflow(id), doing).await? {
            Some(item) if item.status == WorkflowStatus::Published => self.version(id, item.version).await,
            _ => Ok(None),
        }
    }

    async fn version(&self, id: &WorkflowId, version: i64) -> Result<Option<Arc<PublishedWorkflow>>, StoreError> {
        let doing = "reading a workflow version";
        let cache = &self.table.workflows.versions;
        let key = (self.keys.tenant.clone(), id.clone(), version);
        if let Some(cached) = cache.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Some(Arc::clone(cached)));
        }
        let Some(item) = self.table.get::<VersionItem>(self.keys.workflow_version(id, version), doing).await? else {
            return Ok(None);
        };
        let document = serde_json::from_str(&item.document)
            .map_err(|error| StoreError::Damaged { doing, detail: error.to_string() })?;
        // What it posts to was checked when it was saved, and is again when something is posted.
        let definition = Definition::read_saved(&document).map_err(|errors| StoreError::Damaged {
            doing,
            detail: format!("workflow {id} version {version}: {errors:?}"),
        })?;
        let published = Arc::new(PublishedWorkflow { id: id.clone(), version, definition });
        let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
        if cache.len() >= VERSIONS {
            cache.clear();
        }
        cache.insert(key, Arc::clone(&published));
        Ok(Some(published))
    }
}

impl TenantStore {
    /// The published workflows that events of this type set off, as of a second ago or less.
    async fn published_list(&self, kind: EventType) -> Result<Arc<List>, StoreError> {
        let doing = "reading the published workflows";
        let key = (self.keys.tenant.clone(), kind);
        let slot = self.table.workflows.slot(&key);
        let mut remembered = slot.lock().await;
        let now = System.now();
        if let Some(Remembered { asked_at, list, .. }) = &*remembered
            && (*asked_at..*asked_at + FRESH).contains(&now)
        {
            return Ok(Arc::clone(list));
        }
        let generation: Option<GenerationItem> =
            self.table.get(self.keys.published_generation(kind.trigger()), doing).await?;
        let generation = generation.unwrap_or_default().generation;
        let list = match &*remembered {
            Some(known) if known.generation == generation => Arc::clone(&known.list),
            _ => {
                // An old list goes before a new one is made: together they may be too much for the instance.
                *remembered = None;
                Arc::new(self.read_list(kind, doing).await?)
            }
        };
        self.table.workflows.make_room(&key, list.workflows.len());
        *remembered = Some(Remembered { asked_at: now, generation, list: Arc::clone(&list) });
        Ok(list)
    }

    async fn read_list(&self, kind: EventType, doing: &'static str) -> Result<List, StoreError> {
        let items = self.table.partition(self.keys.published_list(kind.trigger()), doing).await?;
        let is_workflow =
            |item: &Item| item.get("sk").and_then(|sk| sk.as_s().ok()).is_none_or(|sk| !sk.starts_with('#'));
        let read = items.into_iter().filter(is_workflow).map(|item| entry(item, kind, doing));
        let (workflows, filters) = read.filter_map(or_left_out).unzip();
        Ok(List { workflows, filters: FilterIndex::new(filters) })
    }

    /// One version of the list; none where it can't be read, which must not stop those beside it. Any other failure is
    /// the caller's, who must not take what is there for all.
    async fn readable(&self, id: &WorkflowId, version: i64) -> Result<Option<Arc<PublishedWorkflow>>, StoreError> {
        let missing = || StoreError::Damaged {
            doing: "reading a published workflow",
            detail: format!("workflow {id} has no version {version}"),
        };
        match self.version(id, version).await.and_then(|published| published.ok_or_else(missing)) {
            Err(error) if !matches!(error, StoreError::Damaged { .. }) => Err(error),
            read => Ok(or_left_out(read)),
        }
    }
}

fn entry(item: Item, kind: EventType, doing: &'static str) -> Result<((WorkflowId, i64), Filter), StoreError> {
    let PublishedItem { id, version, filters } = from_item(item, doing)?;
    let damaged = |detail: String| StoreError::Damaged { doing, detail: format!("workflow {id}: {detail}") };
    let filters = serde_json::from_str(&filters).map_err(|error| damaged(error.to_string()))?;
    let filter = Filter::from_json(&filters, Trigger::Event(kind)).map_err(|errors| damaged(format!("{errors:?}")))?;
    Ok(((id, version), filter))
}

fn or_left_out<T>(read: Result<T, StoreError>) -> Option<T> {
    read.inspect_err(|error| tracing::error!(%error, "Left out a workflow that can't be read")).ok()
}
