//! Endpoints for workflow templates.

use couponflow_app::automation::workflow_template::create_drafts;
use couponflow_app::tenants::idempotency::Seed;
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::automation::workflow_template::WorkflowTemplate;
use couponflow_domain::kernel::input;
use couponflow_http::{Answer, Problem, Request, view};
use serde_json::json;

use crate::endpoints::automation::workflows::url_policy;
use crate::reply::{EndpointResult, failure};

pub(crate) fn list(request: &Request) -> EndpointResult {
    request.only(&[])?;
    Ok(Answer::page(WorkflowTemplate::shipped().iter().map(|template| json!(template)).collect(), None))
}

/// Creates every workflow of a workflow template, as a draft.
pub(crate) async fn make(store: &TenantStore, request: &Request, name: &str, seed: Seed) -> EndpointResult {
    let template = WorkflowTemplate::shipped().into_iter().find(|template| template.name == name);
    let template = template.ok_or_else(|| Problem::not_found("workflow template"))?;
    let values = request.body(|body| {
        input::read(body, |field, errors| {
            field.object(&["parameters"], errors)?;
            template.read_values(&field.get("parameters"), errors)
        })
    })?;
    let created = create_drafts(store, &template, &values, url_policy(), seed).await.map_err(failure)?;
    let workflows = created.map_err(Problem::invalid)?;
    Ok(Answer::json(
        201,
        json!({"data": workflows.iter().map(view::workflow).collect::<Vec<_>>(), "next_cursor": null}),
    ))
}
