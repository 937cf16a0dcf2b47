//! `POST /v1/workflow-edits`

use std::collections::BTreeSet;

use couponflow_app::automation::workflow_check;
use couponflow_domain::automation::workflow::edit::{EditFault, EditRequest, edit};
use couponflow_domain::kernel::input;
use couponflow_domain::kernel::input::FieldError;
use couponflow_http::doc::{OperationDoc, reference, samples, tags};
use couponflow_http::{EndpointResult, Problem, Reply};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Value, json};

use super::shared::url_policy;
use crate::call::Call;
use crate::reply::failure;

/// Maximum size of the body, in bytes: twice the size of a document that can be saved.
const MAX_BODY_BYTES: usize = 128 * 1024;

/// Result of an edit that was not stored.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EditedWorkflow {
    /// The document after the edit. The document can be incomplete.
    #[schemars(schema_with = "document")]
    document: Value,
    /// Edit that turns the document into the previous document.
    #[schemars(schema_with = "workflow_edit")]
    inverse: Value,
    /// Faults that prevent the document from being saved. Empty if the document can be saved.
    faults: Vec<FieldError>,
    /// Warnings about parts that are valid but probably not intended.
    warnings: Vec<FieldError>,
}

fn document(_: &mut SchemaGenerator) -> Schema {
    schemars::json_schema!({"type": "object", "title": "EditedDocument", "additionalProperties": true,
        "description": "The document after the edit. The document can be incomplete."})
}

fn workflow_edit(_: &mut SchemaGenerator) -> Schema {
    Schema::try_from(reference::schema("WorkflowEdit")).unwrap_or_default()
}

fn example() -> EditedWorkflow {
    let mut document = samples::automation::workflow_document();
    if let Some(steps) = document["steps"].as_array_mut() {
        steps.push(json!({"id": "add_tag", "type": "add_tag"}));
    }
    let last = document["steps"].as_array().map_or(0, Vec::len).saturating_sub(1);
    let detail = "is required: a name of 1 to 100 characters".to_owned();
    EditedWorkflow {
        document,
        inverse: json!({"type": "remove_step", "step": "add_tag", "force": true}),
        faults: vec![FieldError { pointer: format!("/steps/{last}/tag"), detail }],
        warnings: Vec::new(),
    }
}

/// Rules for edits.
const RULES: [(&str, &str); 16] = [
    (
        "/edit/step",
        "must be the id of exactly one step of the document; with `add_branch`, `remove_branch` and \
      `set_branch`, the step must have branches; unless `force` is true, every output that another step uses must \
      stay available",
    ),
    ("/edit/step/**/type", "must be a type of step"),
    ("/edit/step/**/id", "must be a valid id that no other step has"),
    ("/edit/id", "must be a valid id that no other step has and that no reference uses"),
    ("/edit/at", "must be a place in the document; with `remove_filter` and `set_filter`, the pointer of a filter"),
    ("/edit/at/*", "must be a place in the document"),
    (
        "/edit/to",
        "must be a place in the document outside of the step; unless `force` is true, every output that another \
      step uses must stay available",
    ),
    ("/edit/to/*", "must be a place in the document"),
    (
        "/edit/index",
        "must be a position in the list; unless `force` is true, every output that another step uses must stay \
      available",
    ),
    ("/edit/members/*", "must not be `id`, `type` or a list of steps"),
    ("/edit/settings/*", "must be `name` or a setting of a workflow"),
    ("/edit/branch/steps", "must have ids that no other step has"),
    ("/edit/filters", "must name a trigger, a step or a branch with filters"),
    ("/edit/filters/*", "must be the id of a step with filters, and the position of one of its branches"),
    ("/edit/group", "must be the pointer of a list of filters"),
    ("/edit/filter", "must not be null; with `set_filter`, only null if `at` is empty"),
];

pub(crate) fn doc() -> OperationDoc<EditedWorkflow> {
    let add = json!({"document": samples::automation::workflow_document(),
        "edit": {"type": "add_step", "step": {"type": "add_tag"}}});
    let first = json!({"document": {}, "edit": {"type": "set_trigger", "trigger": {"type": "coupon_redeemed"}}});
    OperationDoc::json(tags::WORKFLOWS, "Edit a workflow document", 200, example())
        .description(
            "Applies one edit to a workflow document, and stores nothing. The document can be incomplete, such as `{}`. \
             The response has the new document, the inverse edit (for an undo), and the faults and warnings that a save \
             would report. An edit that addresses something that does not exist is rejected. References between steps \
             (merge fields of the outputs of earlier steps, and `coupon.step`) stay consistent: `rename_step` changes \
             them, the copies of `duplicate_step` refer to each other, and an edit that would break a reference is \
             rejected unless `force` is true.",
        )
        .body("WorkflowEditInput", true, &[("add_step", add), ("first_edit", first)])
        .rules(&RULES)
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<EditedWorkflow> {
    let request = call.request.body_of(MAX_BODY_BYTES, |body| input::read(body, EditRequest::read))?;
    let rejected = |fault: EditFault| Problem::invalid(vec![fault.in_request()]);
    let edited = edit(&request.document, &request.edit).map_err(rejected)?;
    let document = edited.document;
    let faults =
        workflow_check::faults(call.store, &document, url_policy(), &BTreeSet::new()).await.map_err(failure)?;
    let warnings = match faults.is_empty() {
        true => workflow_check::warnings(&document, url_policy()),
        false => Vec::new(),
    };
    Ok(Reply::json(200, &EditedWorkflow { document, inverse: json!(edited.inverse), faults, warnings }))
}
