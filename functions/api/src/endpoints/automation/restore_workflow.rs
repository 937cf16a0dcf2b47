//! `POST /v1/workflows/{id}/restore`

use std::ops::RangeInclusive;

use couponflow_app::automation::edit_workflow;
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::system::System;
use couponflow_domain::kernel::counters::WorkflowVersion;
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_domain::kernel::input;
use couponflow_domain::kernel::json_schema::{integer, object};
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, ProblemCode, view};
use serde_json::{Value, json};

use super::shared::edited;
use crate::call::Call;
use crate::reply::failure;

/// Permitted version numbers.
const VERSIONS: RangeInclusive<i64> = 1..=i64::MAX;

fn body() -> Value {
    let version = [("version", integer(VERSIONS, "Number of a published version."))];
    object("RestoreInput", "Workflow version to restore.", &["version"], &version)
}

pub(crate) fn doc() -> OperationDoc<view::Workflow> {
    OperationDoc::json(
        tags::WORKFLOWS,
        "Restore a version of a workflow",
        200,
        samples::automation::reviewed_workflow(),
    )
    .description(
        "Replaces the saved document with the document of a published version. The restored document takes effect \
         when the workflow is published.",
    )
    .path_id("WorkflowId")
    .own_body("RestoreInput", body(), true, &[("first", json!({"version": 1}))])
    .rule("/version", "must be a published version of the workflow")
    .fails_with([ProblemCode::Conflict])
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<view::Workflow> {
    let version = call.request.body(|body| {
        input::read(body, |field, errors| {
            field.object(&["version"], errors)?;
            field.get("version").integer(VERSIONS, errors)
        })
    })?;
    let id = call.id(WorkflowId::parse, "workflow")?;
    edited(edit_workflow::restore(call.store, &id, WorkflowVersion::new(version), System.now()).await.map_err(failure)?)
}
