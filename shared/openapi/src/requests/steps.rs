//! Request schema of the steps of a workflow.

mod condition;
mod control_flow;
mod coupon;
mod message;
mod step;

use serde_json::{Map, Value, json};

use super::json_schema::{optional, text};
use couponflow_http::doc::reference::schema;
use step::step;

/// Schemas of the steps that change the tags and lists of the contact.
fn contact_steps() -> Vec<Value> {
    let named = |what: &str| text(1, 100, &format!("Name of the {what}."));
    vec![
        step("add_tag", "Adds a tag to the contact.", &["tag"], &[("tag", named("tag"))]),
        step("remove_tag", "Removes a tag from the contact.", &["tag"], &[("tag", named("tag"))]),
        step("add_to_list", "Adds the contact to a list.", &["list"], &[("list", named("list"))]),
        step("remove_from_list", "Removes the contact from a list.", &["list"], &[("list", named("list"))]),
    ]
}

/// Schemas of the steps that start and stop executions of workflows.
fn workflow_steps() -> Vec<Value> {
    let workflow_id = || schema("WorkflowId");
    vec![
        step(
            "start_workflow",
            "Starts another workflow for the same contact.",
            &["workflow_id"],
            &[("workflow_id", workflow_id())],
        ),
        step(
            "stop_workflow",
            "Stops the contact's execution of a workflow. Default: this workflow.",
            &[],
            &[("workflow_id", optional(workflow_id()))],
        ),
    ]
}

/// Schema of a step of any type.
fn any_step() -> Value {
    let groups = [
        contact_steps(),
        message::send_email(),
        vec![message::webhook()],
        coupon::steps(),
        workflow_steps(),
        message::notifications(),
        control_flow::steps(),
    ];
    json!({"anyOf": groups.concat()})
}

pub(super) fn schemas() -> Map<String, Value> {
    Map::from_iter([("StepInput".to_owned(), any_step())])
}
