//! Endpoints for workflows.

use couponflow_app::automation::ports::{Workflow, WorkflowStatus, Workflows as _};
use couponflow_app::automation::workflow_check;
use couponflow_app::kernel::page::PageRequest;
use couponflow_app::kernel::system::Clock as _;
use couponflow_app::tenants::idempotency::Seed;
use couponflow_aws::config;
use couponflow_aws::dynamo::TenantStore;
use couponflow_aws::system::System;
use couponflow_domain::automation::workflow::Definition;
use couponflow_domain::delivery::webhook::UrlPolicy;
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_domain::kernel::input;
use couponflow_domain::kernel::input::FieldError;
use couponflow_http::{Answer, IfMatch, Problem, ProblemCode, Request, etag, view};
use serde_json::Value;

use crate::reply::{EndpointResult, failure, id};

pub(crate) async fn create(store: &TenantStore, request: &Request, seed: Seed) -> EndpointResult {
    let document = validated(store, request.json()?).await?;
    let workflow = Workflow::draft(WorkflowId::new(seed.at, seed.bits), document, seed.at);
    store.create_workflow(&workflow).await.map_err(failure)?;
    Ok(answer(201, &workflow))
}

/// Builds a response with a workflow and its warnings. The `ETag` header is the revision of the
/// workflow.
fn answer(status: u16, workflow: &Workflow) -> Answer {
    let (name, revision) = etag(workflow.revision);
    // A document that was saved under earlier, less strict rules can still be published and paused.
    // The response reports violations of the current rules as warnings.
    let warnings = match Definition::review(&workflow.document, url_policy()) {
        Ok(reviewed) => reviewed.warnings,
        Err(rejections) => rejections,
    };
    Answer::json(status, view::reviewed_workflow(workflow, &warnings)).with_header(name, revision)
}

/// Replaces the document. A published version stays in effect until the new document is published.
pub(crate) async fn save(store: &TenantStore, request: &Request, workflow_id: &str) -> EndpointResult {
    let expected = IfMatch::of(request)?;
    let workflow = find(store, workflow_id).await?;
    if !expected.accepts(workflow.revision) {
        return Err(Problem::stale());
    }
    let document = validated(store, request.json()?).await?;
    let saved = store.save_workflow(&workflow, document, System.now()).await.map_err(failure)?;
    saved.map(|saved| answer(200, &saved)).ok_or_else(Problem::stale)
}

pub(crate) async fn delete(store: &TenantStore, request: &Request, workflow_id: &str) -> EndpointResult {
    let expected = IfMatch::of(request)?;
    let workflow = find(store, workflow_id).await?;
    if !expected.accepts(workflow.revision) {
        return Err(Problem::stale());
    }
    let deleted = store.delete_workflow(&workflow, System.now()).await.map_err(failure)?;
    deleted.map(|_| Answer::no_content()).ok_or_else(Problem::stale)
}

pub(crate) async fn versions(store: &TenantStore, request: &Request, workflow_id: &str) -> EndpointResult {
    let workflow = find(store, workflow_id).await?;
    let page = request.page("", &[])?;
    let page = store.workflow_versions(&workflow.id, &page).await.map_err(failure)?;
    Ok(Answer::page(page.data.iter().map(view::workflow_version).collect(), page.next_cursor))
}

/// Replaces the draft with the document of a published version.
pub(crate) async fn restore(store: &TenantStore, request: &Request, workflow_id: &str) -> EndpointResult {
    let version = request.body(|body| {
        input::read(body, |field, errors| {
            field.object(&["version"], errors)?;
            field.get("version").integer(1..=i64::MAX, errors)
        })
    })?;
    let workflow = find(store, workflow_id).await?;
    let newest_first = PageRequest { limit: 1, cursor: version.checked_add(1).map(|below| below.to_string()) };
    let found = store.workflow_versions(&workflow.id, &newest_first).await.map_err(failure)?.data;
    let Some(found) = found.into_iter().find(|found| found.version == version) else {
        let detail = format!("is not a version of this workflow; the newest version is {}", workflow.version);
        return Err(Problem::invalid(vec![FieldError { pointer: "/version".to_owned(), detail }]));
    };
    let saved = store.save_workflow(&workflow, found.document, System.now()).await.map_err(failure)?;
    answer_changed(saved)
}

/// Returns the rule for webhook URLs: only public addresses, except on a developer's machine, which
/// allows any address.
fn url_policy() -> UrlPolicy {
    match config::optional("OUTBOUND_ALLOW_PRIVATE").as_deref() {
        Some("true") => UrlPolicy::Anywhere,
        _ => UrlPolicy::Public,
    }
}

/// Validates a document. Returns the document if it is valid, and a problem otherwise.
async fn validated(store: &TenantStore, document: Value) -> Result<Value, Problem> {
    let faults = workflow_check::faults(store, &document, url_policy()).await.map_err(failure)?;
    if faults.is_empty() { Ok(document) } else { Err(Problem::invalid(faults)) }
}

pub(crate) async fn list(store: &TenantStore, request: &Request) -> EndpointResult {
    let page = store.workflows(&request.page(WorkflowId::PREFIX, &[])?).await.map_err(failure)?;
    Ok(Answer::page(page.data.iter().map(view::workflow).collect(), page.next_cursor))
}

pub(crate) async fn read(store: &TenantStore, workflow_id: &str) -> EndpointResult {
    Ok(answer(200, &find(store, workflow_id).await?))
}

pub(crate) async fn publish(store: &TenantStore, workflow_id: &str) -> EndpointResult {
    let workflow = find(store, workflow_id).await?;
    if workflow.status == WorkflowStatus::Published && !workflow.has_unpublished_changes {
        return Ok(answer(200, &workflow));
    }
    answer_changed(store.publish_workflow(&workflow, System.now()).await.map_err(failure)?)
}

pub(crate) async fn pause(store: &TenantStore, workflow_id: &str) -> EndpointResult {
    let workflow = find(store, workflow_id).await?;
    match workflow.status {
        WorkflowStatus::Paused => Ok(answer(200, &workflow)),
        WorkflowStatus::Draft => {
            Err(Problem::conflict(ProblemCode::NotPublished, "A draft cannot be paused. Publish it first."))
        }
        WorkflowStatus::Published => {
            answer_changed(store.pause_workflow(&workflow, System.now()).await.map_err(failure)?)
        }
    }
}

fn answer_changed(workflow: Option<Workflow>) -> EndpointResult {
    let workflow = workflow.ok_or_else(|| Problem::changed_meanwhile("workflow"))?;
    Ok(answer(200, &workflow))
}

pub(crate) async fn find(store: &TenantStore, workflow_id: &str) -> Result<Workflow, Problem> {
    let id = id(WorkflowId::parse, workflow_id, "workflow")?;
    let workflow = store.workflow(&id).await.map_err(failure)?.filter(|workflow| !workflow.is_deleted);
    workflow.ok_or_else(|| Problem::not_found("workflow"))
}
