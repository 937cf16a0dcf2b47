//! Endpoints for workflows.

use couponflow_app::automation::edit_workflow::WorkflowEditOutcome;
use couponflow_app::automation::ports::{Workflow, Workflows as _};
use couponflow_app::automation::{edit_workflow, workflow_check};
use couponflow_app::kernel::system::Clock as _;
use couponflow_app::tenants::idempotency::Seed;
use couponflow_aws::config;
use couponflow_aws::dynamo::TenantStore;
use couponflow_aws::system::System;
use couponflow_domain::delivery::webhook::UrlPolicy;
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_domain::kernel::input;
use couponflow_http::{Answer, IfMatch, Problem, ProblemCode, Request, etag, view};

use crate::reply::{EndpointResult, failure, id};

pub(crate) async fn create(store: &TenantStore, request: &Request, seed: Seed) -> EndpointResult {
    let documents = vec![(WorkflowId::new(seed.at, seed.bits), request.json()?)];
    let created = edit_workflow::create(store, documents, url_policy(), seed.at).await.map_err(failure)?;
    let created = created.map_err(|invalid| Problem::invalid(invalid.faults))?;
    created.first().map(|workflow| answer(201, workflow)).ok_or_else(|| Problem::not_found("workflow"))
}

/// Builds a response with a workflow and its warnings. The `ETag` header is the revision of the
/// workflow.
fn answer(status: u16, workflow: &Workflow) -> Answer {
    let (name, revision) = etag(workflow.revision);
    let warnings = workflow_check::warnings(&workflow.document, url_policy());
    Answer::json(status, view::reviewed_workflow(workflow, &warnings)).with_header(name, revision)
}

/// Replaces the document. A published version stays in effect until the new document is published.
pub(crate) async fn save(store: &TenantStore, request: &Request, workflow_id: &str) -> EndpointResult {
    let expected = IfMatch::of(request)?;
    let id = id(WorkflowId::parse, workflow_id, "workflow")?;
    let read = edit_workflow::read_for_edit(store, &id, |revision| expected.accepts(revision)).await;
    let workflow = match read.map_err(failure)? {
        Ok(workflow) => workflow,
        Err(outcome) => return edited(outcome),
    };
    let saved = edit_workflow::save(store, &workflow, request.json()?, url_policy(), System.now()).await;
    edited(saved.map_err(failure)?)
}

pub(crate) async fn delete(store: &TenantStore, request: &Request, workflow_id: &str) -> EndpointResult {
    let expected = IfMatch::of(request)?;
    let id = id(WorkflowId::parse, workflow_id, "workflow")?;
    let deleted = edit_workflow::delete(store, &id, |revision| expected.accepts(revision), System.now()).await;
    edited(deleted.map_err(failure)?).map(|_| Answer::no_content())
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
    let id = id(WorkflowId::parse, workflow_id, "workflow")?;
    edited(edit_workflow::restore(store, &id, version, System.now()).await.map_err(failure)?)
}

/// Returns the rule for webhook URLs: only public addresses, except on a developer's machine, which
/// allows any address.
pub(crate) fn url_policy() -> UrlPolicy {
    match config::optional("OUTBOUND_ALLOW_PRIVATE").as_deref() {
        Some("true") => UrlPolicy::Anywhere,
        _ => UrlPolicy::Public,
    }
}

pub(crate) async fn list(store: &TenantStore, request: &Request) -> EndpointResult {
    let page = store.workflows(&request.page(WorkflowId::PREFIX, &[])?).await.map_err(failure)?;
    Ok(Answer::page(page.data.iter().map(view::workflow).collect(), page.next_cursor))
}

pub(crate) async fn read(store: &TenantStore, workflow_id: &str) -> EndpointResult {
    Ok(answer(200, &find(store, workflow_id).await?))
}

pub(crate) async fn publish(store: &TenantStore, workflow_id: &str) -> EndpointResult {
    let id = id(WorkflowId::parse, workflow_id, "workflow")?;
    edited(edit_workflow::publish(store, &id, System.now()).await.map_err(failure)?)
}

pub(crate) async fn pause(store: &TenantStore, workflow_id: &str) -> EndpointResult {
    let id = id(WorkflowId::parse, workflow_id, "workflow")?;
    edited(edit_workflow::pause(store, &id, System.now()).await.map_err(failure)?)
}

/// Answers with the outcome of a change.
fn edited(outcome: WorkflowEditOutcome) -> EndpointResult {
    match outcome {
        WorkflowEditOutcome::Now(workflow) => Ok(answer(200, &workflow)),
        WorkflowEditOutcome::NotFound => Err(Problem::not_found("workflow")),
        WorkflowEditOutcome::Stale => Err(Problem::stale()),
        WorkflowEditOutcome::Conflict => Err(Problem::changed_meanwhile("workflow")),
        WorkflowEditOutcome::NotPublished => {
            Err(Problem::conflict(ProblemCode::NotPublished, "A draft cannot be paused. Publish it first."))
        }
        WorkflowEditOutcome::Invalid(faults) => Err(Problem::invalid(faults)),
    }
}

pub(crate) async fn find(store: &TenantStore, workflow_id: &str) -> Result<Workflow, Problem> {
    let id = id(WorkflowId::parse, workflow_id, "workflow")?;
    workflow_check::existing(store, &id).await.map_err(failure)?.ok_or_else(|| Problem::not_found("workflow"))
}
