//! Workflow templates.

use couponflow_domain::automation::workflow_template::WorkflowTemplate;
use serde_json::json;

use crate::operation_doc::OperationDoc;
use crate::{list_page, samples, tags};

pub(crate) fn list() -> OperationDoc {
    let first = WorkflowTemplate::shipped().into_iter().next().map(|template| json!(template)).unwrap_or_default();
    OperationDoc::new(
        tags::WORKFLOWS,
        "List workflow templates",
        200,
        "WorkflowTemplatePage",
        list_page::example(first),
    )
    .description("Ready-made workflows with parameters.")
}

pub(crate) fn use_template() -> OperationDoc {
    let body = json!({"parameters": {"code": "BETA50", "marketing_email": "marketing@example.com"}});
    OperationDoc::new(
        tags::WORKFLOWS,
        "Use a workflow template",
        201,
        "WorkflowPage",
        list_page::example(samples::workflow()),
    )
    .description(
        "Creates drafts of the template's workflows with the given parameters. The template's example value replaces \
         an omitted parameter.",
    )
    .path_id("WorkflowTemplateName")
    .body("WorkflowTemplateInput", true, &[("beta50", body)])
    .rule("/parameters", "must result in valid workflows")
    .rule("/parameters/*", "must be a parameter of the template")
}
