//! `POST /v1/workflows`

use couponflow_app::automation::edit_workflow;
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Operation, Problem, view};

use super::shared::{MORE_RULES, RULES, answer, url_policy};
use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<view::Workflow> {
    OperationDoc::json(tags::WORKFLOWS, "Create a workflow", 201, samples::automation::reviewed_workflow())
        .description(
            "Creates a draft. No event starts the workflow before the workflow is published. A document that breaks \
             a rule is rejected. `warnings` lists parts of the document that are valid but probably not intended.",
        )
        .body("WorkflowInput", true, &[("beta_is_full", samples::automation::workflow_document())])
        .rules(&RULES)
        .rules(&MORE_RULES)
        .link(Operation::ReadWorkflow, "/id")
        .link(Operation::PublishWorkflow, "/id")
        .link(Operation::PauseWorkflow, "/id")
        .link(Operation::ListWorkflowVersions, "/id")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::Workflow> {
    let seed = call.seed;
    let documents = vec![(WorkflowId::new(seed.at, seed.bits), call.request.json()?)];
    let created = edit_workflow::create(call.store, documents, url_policy(), seed.at).await.map_err(failure)?;
    let created = created.map_err(|invalid| Problem::invalid(invalid.faults))?;
    created.first().map(|workflow| answer(201, workflow)).ok_or_else(|| Problem::not_found("workflow"))
}
