//! Stores workflows, and changes them when operators edit, publish or pause a workflow.

use aws_sdk_dynamodb::types::TransactWriteItem;
use chrono::{DateTime, Utc};
use couponflow_app::automation::ports::{PublishedDocument, Workflow, WorkflowStatus};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_domain::kernel::counters::WorkflowVersion;
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_domain::tenants::audit::Change;
use couponflow_domain::tenants::quota::{QuotaExceeded, Quotas};
use serde_json::Value;

use super::workflow_items::{PublishedItem, VersionItem, WorkflowItem};
use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::instant::instant;
use crate::dynamo::engine::item::{Item, from_item, from_stored_json, n, to_item};
use crate::dynamo::engine::key::Key;
use crate::dynamo::engine::page::ALL;
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::dynamo::engine::transact::{Cancellation, Transacted};
use crate::dynamo::tenants::usage::PublishedUsage;

/// Outcome of saving a new state of a workflow.
enum Moved {
    Committed(Workflow),
    /// The stored workflow has changed, or another condition failed.
    Cancelled(Cancellation),
}

impl Moved {
    fn committed(self) -> Option<Workflow> {
        match self {
            Self::Committed(workflow) => Some(workflow),
            Self::Cancelled(_) => None,
        }
    }
}

impl TenantStore {
    /// Builds the item of a workflow.
    fn workflow_item(&self, workflow: &Workflow, doing: &'static str) -> Result<Item, StoreError> {
        let item = WorkflowItem::new(workflow, self.keys.list("workflows"));
        to_item(self.keys.workflow(&workflow.id), &item, doing)
    }

    /// Saves a new state of a workflow, if the stored workflow has not changed since it was read.
    ///
    /// `elements` change the lists of published workflows of `triggers`. The generations of these
    /// lists are incremented in the same transaction.
    async fn move_workflow(
        &self,
        from: &Workflow,
        to: Workflow,
        triggers: &[&str],
        mut elements: Vec<TransactWriteItem>,
        doing: &'static str,
    ) -> Result<Moved, StoreError> {
        let put = self
            .table
            .put(self.workflow_item(&to, doing)?)
            .condition_expression("revision = :revision")
            .expression_attribute_values(":revision", n(from.revision));
        elements.push(put.element(doing)?);
        for trigger in triggers {
            let generation = self
                .table
                .update(self.keys.published_generation(trigger))
                .update_expression("ADD generation :one")
                .expression_attribute_values(":one", n(1));
            elements.push(generation.element(doing)?);
        }
        let change = Change::of(&from.id).versions(from.revision, to.revision);
        match self.commit(elements, change, doing).await? {
            Transacted::Committed => Ok(Moved::Committed(to)),
            Transacted::Cancelled(reasons) => Ok(Moved::Cancelled(reasons)),
        }
    }

    /// Returns the trigger of the workflow's published version. The workflow is in the list of this
    /// trigger, even if the current document has another trigger. `None` if the workflow is not
    /// published.
    async fn published_trigger(&self, workflow: &Workflow, doing: &'static str) -> Result<Option<String>, StoreError> {
        if workflow.status != WorkflowStatus::Published {
            return Ok(None);
        }
        let version = self.keys.workflow_version(&workflow.id, workflow.version);
        let version: Option<VersionItem> = self.table.get(version, doing).await?;
        let document = version.and_then(|version| serde_json::from_str(&version.document).ok());
        Ok(Some(trigger_of(document.as_ref().unwrap_or(&workflow.document)).to_owned()))
    }
}

/// Returns the trigger type of a workflow document.
fn trigger_of(document: &Value) -> &str {
    document["trigger"]["type"].as_str().unwrap_or_default()
}

impl TenantStore {
    pub(crate) async fn create_workflow(&self, workflow: &Workflow) -> Result<(), StoreError> {
        let doing = "creating a workflow";
        let item = self.workflow_item(workflow, doing)?;
        let put = self.table.put_new(item).element(doing)?;
        // An existing item with the same id is this workflow: an earlier attempt of the same request created it.
        let change = Change::of(&workflow.id).versions(None, workflow.revision);
        self.commit(vec![put], change, doing).await.map(|_| ())
    }

    pub(crate) async fn workflow(&self, id: &WorkflowId) -> Result<Option<Workflow>, StoreError> {
        let doing = "reading a workflow";
        let item: Option<WorkflowItem> = self.table.get(self.keys.workflow(id), doing).await?;
        item.map(|item| item.into_workflow(doing)).transpose()
    }

    pub(crate) async fn workflows(&self, page: &PageRequest) -> Result<Page<Workflow>, StoreError> {
        let doing = "listing workflows";
        let ids = self.list("workflows", page, ALL, doing).await?;
        let keys: Vec<Key> =
            ids.data.iter().filter_map(|id| Some(self.keys.workflow(&WorkflowId::parse(id).ok()?))).collect();
        let mut workflows = Page::new(Vec::with_capacity(keys.len()), ids.next_cursor);
        for item in self.table.items(&keys, doing).await?.into_iter().flatten() {
            let workflow = from_item::<WorkflowItem>(item, doing).and_then(|item| item.into_workflow(doing));
            workflows
                .push_readable(workflow.map(|workflow| Some(workflow).filter(|of| !of.is_deleted)), "workflows")?;
        }
        Ok(workflows)
    }

    pub(crate) async fn save_workflow(
        &self,
        workflow: &Workflow,
        document: Value,
        now: DateTime<Utc>,
    ) -> Result<Option<Workflow>, StoreError> {
        let next = workflow.with_document(document, now);
        Ok(self.move_workflow(workflow, next, &[], Vec::new(), "saving a workflow").await?.committed())
    }

    pub(crate) async fn delete_workflow(
        &self,
        workflow: &Workflow,
        now: DateTime<Utc>,
    ) -> Result<Option<Workflow>, StoreError> {
        self.unlist(workflow, workflow.deleted(now), "deleting a workflow").await
    }

    pub(crate) async fn workflow_versions(
        &self,
        id: &WorkflowId,
        page: &PageRequest,
    ) -> Result<Page<PublishedDocument>, StoreError> {
        let doing = "reading the versions of a workflow";
        let below = page.cursor.as_ref().and_then(|cursor| cursor.as_str().parse().ok()).unwrap_or(i64::MAX);
        let newest = self.workflow(id).await?.map_or(0, |workflow| workflow.version.get()).min(below.saturating_sub(1));
        let oldest = (newest - page.limit as i64).max(0);
        let versions: Vec<WorkflowVersion> = (oldest + 1..=newest).rev().map(WorkflowVersion::new).collect();
        let keys: Vec<Key> = versions.iter().map(|version| self.keys.workflow_version(id, *version)).collect();
        let next_cursor = (oldest > 0).then(|| Cursor::new((oldest + 1).to_string()));
        let mut read = Page::new(Vec::with_capacity(keys.len()), next_cursor);
        let parse = |version, item: Item| {
            let item: VersionItem = from_item(item, doing)?;
            let document = from_stored_json(&item.document, "workflow document", doing)?;
            let published_at = item.published_at_ms.map(instant);
            Ok(Some(PublishedDocument { version, document, published_at, created_by: item.created_by }))
        };
        for (version, item) in versions.into_iter().zip(self.table.items(&keys, doing).await?) {
            read.push_readable(item.map_or(Ok(None), |item| parse(version, item)), "versions of a workflow")?;
        }
        Ok(read)
    }

    pub(crate) async fn version_document(
        &self,
        id: &WorkflowId,
        version: WorkflowVersion,
    ) -> Result<Option<Value>, StoreError> {
        let doing = "reading the document of a workflow version";
        let item: Option<VersionItem> = self.table.get(self.keys.workflow_version(id, version), doing).await?;
        item.map(|item| from_stored_json(&item.document, "workflow document", doing)).transpose()
    }

    pub(crate) async fn publish_workflow(
        &self,
        workflow: &Workflow,
        quotas: &Quotas,
        now: DateTime<Utc>,
    ) -> Result<Result<Option<Workflow>, QuotaExceeded>, StoreError> {
        let doing = "publishing a workflow";
        let next = workflow.published(now);
        let version = next.version;
        let document = VersionItem {
            document: workflow.document.to_string(),
            published_at_ms: Some(now.timestamp_millis()),
            created_by: self.author().map(ToString::to_string),
        };
        let trigger = trigger_of(&workflow.document);
        let filters = workflow.document["trigger"]["filters"].to_string();
        let before = self.published_trigger(workflow, doing).await?;
        let filter_bytes = i64::try_from(filters.len()).unwrap_or(i64::MAX);
        let counted = self.counted_usage(before.as_deref(), &workflow.id, doing).await?;
        let change =
            PublishedUsage { workflows: 1 - counted.workflows, filter_bytes: filter_bytes - counted.filter_bytes };
        let listed = PublishedItem {
            id: workflow.id.clone(),
            version: version.get(),
            filters,
            counted_bytes: Some(filter_bytes),
        };
        let mut elements = vec![
            self.count_published(change, quotas, doing)?,
            self.table
                .put_new(to_item(self.keys.workflow_version(&workflow.id, version), &document, doing)?)
                .element(doing)?,
            self.table.put(to_item(self.keys.published(trigger, &workflow.id), &listed, doing)?).element(doing)?,
        ];
        let mut triggers = vec![trigger];
        if let Some(before) = before.as_deref().filter(|before| *before != trigger) {
            elements.push(self.table.delete(self.keys.published(before, &workflow.id)).element(doing)?);
            triggers.push(before);
        }
        match self.move_workflow(workflow, next, &triggers, elements, doing).await? {
            Moved::Committed(workflow) => Ok(Ok(Some(workflow))),
            // The first element counts the workflow.
            Moved::Cancelled(reasons) if reasons.failed_at(0) => Ok(Err(self.exceeded(change, quotas, doing).await?)),
            Moved::Cancelled(_) => Ok(Ok(None)),
        }
    }

    /// Returns what counts towards the quotas for a workflow in the list of a trigger.
    async fn counted_usage(
        &self,
        trigger: Option<&str>,
        id: &WorkflowId,
        doing: &'static str,
    ) -> Result<PublishedUsage, StoreError> {
        let Some(trigger) = trigger else { return Ok(PublishedUsage::default()) };
        let listed: Option<PublishedItem> = self.table.get(self.keys.published(trigger, id), doing).await?;
        let counted = listed.and_then(|listed| listed.counted_bytes);
        Ok(counted.map(|filter_bytes| PublishedUsage { workflows: 1, filter_bytes }).unwrap_or_default())
    }

    pub(crate) async fn pause_workflow(
        &self,
        workflow: &Workflow,
        now: DateTime<Utc>,
    ) -> Result<Option<Workflow>, StoreError> {
        self.unlist(workflow, workflow.paused(now), "pausing a workflow").await
    }

    /// Saves a workflow that is no longer published, and removes the workflow from the list of its trigger.
    async fn unlist(
        &self,
        workflow: &Workflow,
        next: Workflow,
        doing: &'static str,
    ) -> Result<Option<Workflow>, StoreError> {
        let trigger = self.published_trigger(workflow, doing).await?;
        let trigger = trigger.as_deref();
        let delete = |trigger| self.table.delete(self.keys.published(trigger, &workflow.id)).element(doing);
        let mut elements = trigger.map(delete).into_iter().collect::<Result<Vec<_>, _>>()?;
        let counted = self.counted_usage(trigger, &workflow.id, doing).await?;
        if counted.workflows > 0 {
            let change = PublishedUsage { workflows: -counted.workflows, filter_bytes: -counted.filter_bytes };
            elements.push(self.count_published(change, &Quotas::default(), doing)?);
        }
        Ok(self.move_workflow(workflow, next, trigger.as_slice(), elements, doing).await?.committed())
    }
}
