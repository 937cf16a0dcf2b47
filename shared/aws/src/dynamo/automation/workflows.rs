//! Stores workflows, and changes them when operators edit, publish or pause a workflow.

use aws_sdk_dynamodb::types::TransactWriteItem;
use chrono::{DateTime, Utc};
use couponflow_app::automation::ports::{PublishedDocument, Workflow};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_domain::automation::workflow::Trigger;
use couponflow_domain::kernel::counters::WorkflowVersion;
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_domain::tenants::audit::Change;
use couponflow_domain::tenants::quota::{QuotaExceeded, Quotas};
use serde_json::Value;

use super::trigger_lists::ListEntry;
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
        triggers: &[Trigger],
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
                .update(self.keys.published_generation(*trigger))
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
        let trigger = trigger_of(&workflow.document, doing)?;
        let filters = workflow.document["trigger"]["filters"].to_string();
        let before = self.list_entries(workflow, doing).await?;
        let filter_bytes = i64::try_from(filters.len()).unwrap_or(i64::MAX);
        let counted = total(&before);
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
        for before in before.iter().map(|entry| entry.trigger).filter(|before| *before != trigger) {
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

    pub(crate) async fn pause_workflow(
        &self,
        workflow: &Workflow,
        now: DateTime<Utc>,
    ) -> Result<Option<Workflow>, StoreError> {
        self.unlist(workflow, workflow.paused(now), "pausing a workflow").await
    }

    /// Saves a workflow that is no longer published, and removes the workflow from the lists of triggers.
    async fn unlist(
        &self,
        workflow: &Workflow,
        next: Workflow,
        doing: &'static str,
    ) -> Result<Option<Workflow>, StoreError> {
        let entries = self.list_entries(workflow, doing).await?;
        let triggers: Vec<Trigger> = entries.iter().map(|entry| entry.trigger).collect();
        let delete = |trigger: &Trigger| self.table.delete(self.keys.published(*trigger, &workflow.id)).element(doing);
        let mut elements = triggers.iter().map(delete).collect::<Result<Vec<_>, _>>()?;
        let counted = total(&entries);
        if counted.workflows > 0 {
            let change = PublishedUsage { workflows: -counted.workflows, filter_bytes: -counted.filter_bytes };
            elements.push(self.count_published(change, &Quotas::default(), doing)?);
        }
        Ok(self.move_workflow(workflow, next, &triggers, elements, doing).await?.committed())
    }
}

/// Returns the trigger of a document that is to be published.
fn trigger_of(document: &Value, doing: &'static str) -> Result<Trigger, StoreError> {
    let name = document["trigger"]["type"].as_str();
    let trigger = name.and_then(|name| Trigger::parse(name).ok());
    trigger.ok_or_else(|| StoreError::damaged(doing, "the workflow document has no known trigger"))
}

/// Returns what counts towards the quotas for the entries of a workflow.
fn total(entries: &[ListEntry]) -> PublishedUsage {
    PublishedUsage {
        workflows: entries.iter().map(|entry| entry.counted.workflows).sum(),
        filter_bytes: entries.iter().map(|entry| entry.counted.filter_bytes).sum(),
    }
}
