//! `PUT /v1/workflows/{id}`

use couponflow_app::automation::edit_workflow;
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::system::System;
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, IfMatch, view};

use super::shared::{MORE_RULES, RULES, edited, url_policy};
use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<view::Workflow> {
    OperationDoc::json(tags::WORKFLOWS, "Save a workflow", 200, samples::automation::reviewed_workflow())
        .description(
            "Replaces the saved document. Events start executions of the published version until the new document is \
             published.",
        )
        .path_id("WorkflowId")
        .requires_if_match()
        .body("WorkflowInput", true, &[("beta_is_full", samples::automation::workflow_document())])
        .rules(&RULES)
        .rules(&MORE_RULES)
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::Workflow> {
    let expected = IfMatch::of(call.request)?;
    let id = call.id(WorkflowId::parse, "workflow")?;
    let read = edit_workflow::read_for_edit(call.store, &id, |revision| expected.accepts(revision)).await;
    let workflow = match read.map_err(failure)? {
        Ok(workflow) => workflow,
        Err(outcome) => return edited(outcome),
    };
    let document = call.request.json()?;
    let saved = edit_workflow::save(call.store, &workflow, document, url_policy(), System.now()).await;
    edited(saved.map_err(failure)?)
}
