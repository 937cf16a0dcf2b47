//! Creates, edits, publishes, pauses and deletes workflows.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use couponflow_domain::automation::lifecycle::LifecycleChange;
use couponflow_domain::delivery::webhook::UrlPolicy;
use couponflow_domain::kernel::counters::{Revision, WorkflowVersion};
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_domain::kernel::input::{Errors, FieldError};
use couponflow_domain::tenants::quota::QuotaExceeded;
use serde_json::Value;

use super::workflow_check::{existing, faults};
use crate::automation::ports::{AutomationStore, Workflow};
use crate::kernel::error::StoreError;

/// Outcome of changing a workflow.
#[derive(Debug, Clone, PartialEq)]
pub enum WorkflowEditOutcome {
    /// The change is stored, or was not needed. Holds the workflow.
    Done(Box<Workflow>),
    /// The workflow does not exist or was deleted.
    NotFound,
    /// The workflow has another revision than the one that the caller read.
    Stale,
    /// A concurrent request changed the workflow.
    Conflict,
    /// The change requires a workflow that was published.
    NotPublished,
    /// The published workflows would exceed a quota of the tenant.
    QuotaExceeded(QuotaExceeded),
    /// The document or the request is invalid.
    Invalid(Errors),
}

/// Documents of new workflows that cannot be saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidDraft {
    /// Position of the first document with faults.
    pub position: usize,
    pub faults: Errors,
}

/// Creates drafts from documents that may refer to one another. If a document cannot be saved, creates no draft. A no-op
/// for ids that exist.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn create(
    store: &impl AutomationStore,
    documents: Vec<(WorkflowId, Value)>,
    url_policy: UrlPolicy,
    now: DateTime<Utc>,
) -> Result<Result<Vec<Workflow>, InvalidDraft>, StoreError> {
    let created: BTreeSet<WorkflowId> = documents.iter().map(|(id, _)| id.clone()).collect();
    for (position, (_, document)) in documents.iter().enumerate() {
        let faults = faults(store, document, url_policy, &created).await?;
        if !faults.is_empty() {
            return Ok(Err(InvalidDraft { position, faults }));
        }
    }
    let drafts: Vec<Workflow> =
        documents.into_iter().map(|(id, document)| Workflow::draft(id, document, now)).collect();
    for draft in &drafts {
        store.create_workflow(draft).await?;
    }
    Ok(Ok(drafts))
}

/// Reads a workflow for [`save`], if `expected` accepts its revision. Otherwise the inner result is the outcome of the
/// edit.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn read_for_edit(
    store: &impl AutomationStore,
    id: &WorkflowId,
    expected: impl Fn(Revision) -> bool,
) -> Result<Result<Workflow, WorkflowEditOutcome>, StoreError> {
    Ok(match existing(store, id).await? {
        None => Err(WorkflowEditOutcome::NotFound),
        Some(workflow) if !expected(workflow.revision) => Err(WorkflowEditOutcome::Stale),
        Some(workflow) => Ok(workflow),
    })
}

/// Replaces the document of a workflow. A published version stays in effect until the new document is published.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn save(
    store: &impl AutomationStore,
    workflow: &Workflow,
    document: Value,
    url_policy: UrlPolicy,
    now: DateTime<Utc>,
) -> Result<WorkflowEditOutcome, StoreError> {
    let faults = faults(store, &document, url_policy, &BTreeSet::new()).await?;
    if !faults.is_empty() {
        return Ok(WorkflowEditOutcome::Invalid(faults));
    }
    Ok(stored(store.save_workflow(workflow, document, now).await?, WorkflowEditOutcome::Stale))
}

/// Deletes a workflow, if `expected` accepts its revision.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn delete(
    store: &impl AutomationStore,
    id: &WorkflowId,
    expected: impl Fn(Revision) -> bool,
    now: DateTime<Utc>,
) -> Result<WorkflowEditOutcome, StoreError> {
    match read_for_edit(store, id, expected).await? {
        Ok(workflow) => Ok(stored(store.delete_workflow(&workflow, now).await?, WorkflowEditOutcome::Stale)),
        Err(outcome) => Ok(outcome),
    }
}

/// Stores a change of the lifecycle with `write`, if the change is needed.
async fn change(
    workflow: &Workflow,
    change: LifecycleChange,
    write: impl Future<Output = Result<Result<Option<Workflow>, QuotaExceeded>, StoreError>>,
) -> Result<WorkflowEditOutcome, StoreError> {
    match change {
        LifecycleChange::None => Ok(WorkflowEditOutcome::Done(Box::new(workflow.clone()))),
        LifecycleChange::NotPublished => Ok(WorkflowEditOutcome::NotPublished),
        LifecycleChange::Needed => Ok(match write.await? {
            Ok(workflow) => stored(workflow, WorkflowEditOutcome::Conflict),
            Err(exceeded) => WorkflowEditOutcome::QuotaExceeded(exceeded),
        }),
    }
}

/// Publishes the document as the next version. A no-op if the published version has this document.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn publish(
    store: &impl AutomationStore,
    id: &WorkflowId,
    now: DateTime<Utc>,
) -> Result<WorkflowEditOutcome, StoreError> {
    let Some(workflow) = existing(store, id).await? else { return Ok(WorkflowEditOutcome::NotFound) };
    let publish = async {
        let quotas = store.profile().await?.settings.quotas.unwrap_or_default();
        store.publish_workflow(&workflow, &quotas, now).await
    };
    change(&workflow, workflow.publishing(), publish).await
}

/// Pauses a published workflow. A no-op if the workflow is paused.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn pause(
    store: &impl AutomationStore,
    id: &WorkflowId,
    now: DateTime<Utc>,
) -> Result<WorkflowEditOutcome, StoreError> {
    let Some(workflow) = existing(store, id).await? else { return Ok(WorkflowEditOutcome::NotFound) };
    let pause = async { store.pause_workflow(&workflow, now).await.map(Ok) };
    change(&workflow, workflow.pausing(), pause).await
}

/// Replaces the document with the document of a published version. Does not check the document, because the document
/// passed the checks when it was saved.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn restore(
    store: &impl AutomationStore,
    id: &WorkflowId,
    version: WorkflowVersion,
    now: DateTime<Utc>,
) -> Result<WorkflowEditOutcome, StoreError> {
    let Some(workflow) = existing(store, id).await? else { return Ok(WorkflowEditOutcome::NotFound) };
    let Some(document) = store.version_document(id, version).await? else {
        let detail = format!("is not a version of this workflow; the newest version is {}", workflow.version);
        let fault = FieldError { pointer: "/version".to_owned(), detail };
        return Ok(WorkflowEditOutcome::Invalid(vec![fault]));
    };
    Ok(stored(store.save_workflow(&workflow, document, now).await?, WorkflowEditOutcome::Conflict))
}

/// Converts the result of a conditional write. `conflict` is the outcome if the condition failed.
fn stored(workflow: Option<Workflow>, conflict: WorkflowEditOutcome) -> WorkflowEditOutcome {
    workflow.map_or(conflict, |workflow| WorkflowEditOutcome::Done(Box::new(workflow)))
}
