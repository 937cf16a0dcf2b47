//! Request schemas of workflow templates.

use couponflow_domain::automation::workflow_template::WorkflowTemplate;
use serde_json::{Map, Value, json};

use super::json_schema::{object, optional, text};

fn template_name() -> Value {
    let names: Vec<String> = WorkflowTemplate::shipped().into_iter().map(|template| template.name).collect();
    json!({"type": "string", "enum": names, "description": "Name of a workflow template."})
}

fn template_input() -> Value {
    let value = text(1, 200, "Value of the parameter.");
    let parameters = json!({
        "type": "object",
        "title": "WorkflowTemplateParameters",
        "additionalProperties": value,
        "description": "Parameter values by name. An omitted parameter gets the example value of the template.",
    });
    object(
        "WorkflowTemplateInput",
        "Parameters of the workflow template.",
        &[],
        &[("parameters", optional(parameters))],
    )
}

pub(super) fn schemas() -> Map<String, Value> {
    Map::from_iter([
        ("WorkflowTemplateName".to_owned(), template_name()),
        ("WorkflowTemplateInput".to_owned(), template_input()),
    ])
}
