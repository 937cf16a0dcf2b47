//! `DELETE /v1/workflows/{id}`

use couponflow_app::automation::edit_workflow;
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::system::System;
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_http::doc::{OperationDoc, tags};
use couponflow_http::{EndpointResult, IfMatch, NoContent, Reply};

use super::shared::edited;
use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<NoContent> {
    OperationDoc::no_content(tags::WORKFLOWS, "Delete a workflow")
        .description("No more executions of the workflow start. Executions in progress continue.")
        .path_id("WorkflowId")
        .requires_if_match()
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<NoContent> {
    let expected = IfMatch::of(call.request)?;
    let id = call.id(WorkflowId::parse, "workflow")?;
    let deleted = edit_workflow::delete(call.store, &id, |revision| expected.accepts(revision), System.now()).await;
    edited(deleted.map_err(failure)?).map(|_| Reply::no_content())
}
