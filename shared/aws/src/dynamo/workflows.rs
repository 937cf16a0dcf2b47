//! Workflows, their published versions, and the list that events are matched against.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use couponflow_app::error::StoreError;
use couponflow_app::ports::{
    Page, PageRequest, PublishedWorkflows, Workflow, WorkflowStatus, WorkflowVersion, Workflows,
};
use couponflow_domain::ids::WorkflowId;
use couponflow_domain::plan::Published;
use couponflow_domain::tenant::TenantId;
use couponflow_domain::workflow::Definition;
use serde::{Deserialize, Serialize};

use super::TenantStore;
use super::counter::instant;
use super::item::{IntoElement as _, Item, Stored, from_item, n, to_item};
use super::transact::Transacted;

/// A list of published workflows with its generation.
type PublishedList = (i64, Arc<Vec<Published>>);

/// What one instance remembers of workflows. Versions never change; the list is current while its generation is.
#[derive(Debug, Default)]
pub(super) struct WorkflowCache {
    published: Mutex<HashMap<TenantId, PublishedList>>,
    versions: Mutex<HashMap<(TenantId, WorkflowId, i64), Arc<Published>>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct WorkflowItem {
    id: WorkflowId,
    status: WorkflowStatus,
    version: i64,
    #[serde(default)]
    revision: i64,
    #[serde(default)]
    has_unpublished_changes: bool,
    #[serde(default)]
    is_deleted: bool,
    /// The document as JSON.
    document: String,
    created_at_ms: i64,
    updated_at_ms: i64,
    gsi1pk: String,
    gsi1sk: String,
}

impl Stored for WorkflowItem {
    const KIND: &'static str = "WORKFLOW";
}

#[derive(Debug, Serialize, Deserialize)]
struct VersionItem {
    document: String,
    #[serde(default)]
    published_at_ms: Option<i64>,
}

impl Stored for VersionItem {
    const KIND: &'static str = "WORKFLOW_VERSION";
}

#[derive(Debug, Serialize, Deserialize)]
struct PublishedItem {
    id: WorkflowId,
    version: i64,
}

impl Stored for PublishedItem {
    const KIND: &'static str = "PUBLISHED";
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct GenerationItem {
    generation: i64,
}

impl Stored for GenerationItem {
    const KIND: &'static str = "GENERATION";
}

impl PublishedWorkflows for TenantStore {
    async fn published(&self) -> Result<Arc<Vec<Published>>, StoreError> {
        let doing = "reading the published workflows";
        let tenant = &self.keys.tenant;
        let generation: Option<GenerationItem> = self.table.get(self.keys.published_generation(), doing).await?;
        let generation = generation.unwrap_or_default().generation;
        let cache = &self.table.workflows.published;
        if let Some((cached, list)) = cache.lock().unwrap_or_else(PoisonError::into_inner).get(tenant)
            && *cached == generation
        {
            return Ok(Arc::clone(list));
        }
        let mut list = Vec::new();
        for item in self.table.partition(self.keys.published_list(), doing).await? {
            if item.get("sk").and_then(|sk| sk.as_s().ok()).is_some_and(|sk| sk.starts_with('#')) {
                continue;
            }
            list.extend(self.published_one(item, doing).await?);
        }
        let list = Arc::new(list);
        cache.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant.clone(), (generation, Arc::clone(&list)));
        Ok(list)
    }

    async fn version(&self, id: &WorkflowId, version: i64) -> Result<Option<Arc<Published>>, StoreError> {
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
        let definition = Definition::read(&document).map_err(|errors| StoreError::Damaged {
            doing,
            detail: format!("workflow {id} version {version}: {errors:?}"),
        })?;
        let published = Arc::new(Published { id: id.clone(), version, definition });
        cache.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&published));
        Ok(Some(published))
    }
}

impl TenantStore {
    /// One entry of the list. One that is damaged is left out and logged: it must not stop those beside it. Any other
    /// failure is the caller's, who must not take the list for complete.
    async fn published_one(&self, item: Item, doing: &'static str) -> Result<Option<Published>, StoreError> {
        let read = async {
            let PublishedItem { id, version } = from_item(item, doing)?;
            let missing = StoreError::Damaged { doing, detail: format!("workflow {id} has no version {version}") };
            self.version(&id, version).await?.ok_or(missing)
        };
        match read.await {
            Ok(published) => Ok(Some(Published::clone(&published))),
            Err(error @ StoreError::Damaged { .. }) => {
                tracing::error!(error = %error, "Left out a workflow that can't be read");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn workflow_item(&self, workflow: &Workflow, doing: &'static str) -> Result<Item, StoreError> {
        let item = WorkflowItem {
            id: workflow.id.clone(),
            status: workflow.status,
            version: workflow.version,
            revision: workflow.revision,
            has_unpublished_changes: workflow.has_unpublished_changes,
            is_deleted: workflow.is_deleted,
            document: workflow.document.to_string(),
            created_at_ms: workflow.created_at.timestamp_millis(),
            updated_at_ms: workflow.updated_at.timestamp_millis(),
            gsi1pk: self.keys.list("workflows"),
            gsi1sk: workflow.id.as_str().to_owned(),
        };
        to_item(self.keys.workflow(&workflow.id), &item, doing)
    }

    /// Moves a workflow on from the state it was read in, together with the list that events are matched against.
    async fn move_workflow(
        &self,
        from: &Workflow,
        to: Workflow,
        more: Vec<aws_sdk_dynamodb::types::TransactWriteItem>,
        doing: &'static str,
    ) -> Result<Option<Workflow>, StoreError> {
        let put = self
            .table
            .put(self.workflow_item(&to, doing)?)
            .condition_expression("revision = :revision")
            .expression_attribute_values(":revision", n(from.revision));
        let generation = self
            .table
            .update(self.keys.published_generation())
            .update_expression("ADD generation :one")
            .expression_attribute_values(":one", n(1));
        let mut elements = vec![put.element(doing)?, generation.element(doing)?];
        elements.extend(more);
        match self.table.transact(elements, doing).await? {
            Transacted::Committed => Ok(Some(to)),
            Transacted::Refused(_) => Ok(None),
        }
    }
}

/// The next revision of a workflow.
fn moved(workflow: &Workflow, now: DateTime<Utc>) -> Workflow {
    Workflow { revision: workflow.revision + 1, updated_at: now, ..workflow.clone() }
}

impl Workflows for TenantStore {
    async fn create_workflow(&self, workflow: &Workflow) -> Result<(), StoreError> {
        let doing = "creating a workflow";
        let item = self.workflow_item(workflow, doing)?;
        let put = self.table.put_new(item).element(doing)?;
        // One that is there has the same id, so it is this one, created before.
        self.table.transact(vec![put], doing).await.map(|_| ())
    }

    async fn workflow(&self, id: &WorkflowId) -> Result<Option<Workflow>, StoreError> {
        let doing = "reading a workflow";
        let Some(item) = self.table.get::<WorkflowItem>(self.keys.workflow(id), doing).await? else { return Ok(None) };
        let document = serde_json::from_str(&item.document)
            .map_err(|error| StoreError::Damaged { doing, detail: error.to_string() })?;
        Ok(Some(Workflow {
            id: item.id,
            status: item.status,
            version: item.version,
            revision: item.revision,
            has_unpublished_changes: item.has_unpublished_changes,
            is_deleted: item.is_deleted,
            document,
            created_at: instant(item.created_at_ms),
            updated_at: instant(item.updated_at_ms),
        }))
    }

    async fn workflows(&self, page: &PageRequest) -> Result<Page<Workflow>, StoreError> {
        let doing = "listing workflows";
        let ids = self.list("workflows", page, |_| true, doing).await?;
        let mut data = Vec::with_capacity(ids.data.len());
        for id in &ids.data {
            let id = WorkflowId::parse(id).map_err(|error| StoreError::Damaged { doing, detail: error.to_string() })?;
            data.extend(self.workflow(&id).await?.filter(|workflow| !workflow.is_deleted));
        }
        Ok(Page { data, next_cursor: ids.next_cursor })
    }

    async fn save_workflow(
        &self,
        workflow: &Workflow,
        document: Value,
        now: DateTime<Utc>,
    ) -> Result<Option<Workflow>, StoreError> {
        let doing = "saving a workflow";
        let next = Workflow { document, has_unpublished_changes: true, ..moved(workflow, now) };
        let put = self
            .table
            .put(self.workflow_item(&next, doing)?)
            .condition_expression("revision = :revision")
            .expression_attribute_values(":revision", n(workflow.revision));
        match self.table.transact(vec![put.element(doing)?], doing).await? {
            Transacted::Committed => Ok(Some(next)),
            Transacted::Refused(_) => Ok(None),
        }
    }

    async fn delete_workflow(&self, workflow: &Workflow, now: DateTime<Utc>) -> Result<Option<Workflow>, StoreError> {
        let doing = "deleting a workflow";
        let next = Workflow { status: WorkflowStatus::Paused, is_deleted: true, ..moved(workflow, now) };
        let more = vec![self.table.delete(self.keys.published(&workflow.id)).element(doing)?];
        self.move_workflow(workflow, next, more, doing).await
    }

    async fn workflow_versions(
        &self,
        id: &WorkflowId,
        page: &PageRequest,
    ) -> Result<Page<WorkflowVersion>, StoreError> {
        let doing = "reading the versions of a workflow";
        let below = page.cursor.as_deref().and_then(|cursor| cursor.parse().ok()).unwrap_or(i64::MAX);
        let newest = self.workflow(id).await?.map_or(0, |workflow| workflow.version).min(below.saturating_sub(1));
        let oldest = (newest - page.limit as i64).max(0);
        let mut data = Vec::new();
        for version in (oldest + 1..=newest).rev() {
            let item: Option<VersionItem> = self.table.get(self.keys.workflow_version(id, version), doing).await?;
            if let Some(item) = item {
                let document = serde_json::from_str(&item.document)
                    .map_err(|error| StoreError::Damaged { doing, detail: error.to_string() })?;
                data.push(WorkflowVersion { version, document, published_at: item.published_at_ms.map(instant) });
            }
        }
        Ok(Page { data, next_cursor: (oldest > 0).then(|| (oldest + 1).to_string()) })
    }

    async fn publish_workflow(&self, workflow: &Workflow, now: DateTime<Utc>) -> Result<Option<Workflow>, StoreError> {
        let doing = "publishing a workflow";
        let version = workflow.version + 1;
        let next = Workflow {
            status: WorkflowStatus::Published,
            version,
            has_unpublished_changes: false,
            ..moved(workflow, now)
        };
        let document =
            VersionItem { document: workflow.document.to_string(), published_at_ms: Some(now.timestamp_millis()) };
        let listed = PublishedItem { id: workflow.id.clone(), version };
        let more = vec![
            self.table
                .put_new(to_item(self.keys.workflow_version(&workflow.id, version), &document, doing)?)
                .element(doing)?,
            self.table.put(to_item(self.keys.published(&workflow.id), &listed, doing)?).element(doing)?,
        ];
        self.move_workflow(workflow, next, more, doing).await
    }

    async fn pause_workflow(&self, workflow: &Workflow, now: DateTime<Utc>) -> Result<Option<Workflow>, StoreError> {
        let doing = "pausing a workflow";
        let next = Workflow { status: WorkflowStatus::Paused, ..moved(workflow, now) };
        let more = vec![self.table.delete(self.keys.published(&workflow.id)).element(doing)?];
        self.move_workflow(workflow, next, more, doing).await
    }
}
