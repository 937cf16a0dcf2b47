//! `POST /v1/workflow-templates/{id}`

use couponflow_app::automation::workflow_template::create_drafts;
use couponflow_domain::automation::workflow_template::WorkflowTemplate;
use couponflow_domain::kernel::input;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Page, Problem, Reply, view};
use serde_json::json;

use super::shared::url_policy;
use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<Page<view::Workflow>> {
    let body = json!({"parameters": {"code": "BETA50", "marketing_email": "marketing@example.com"}});
    OperationDoc::json(
        tags::WORKFLOWS,
        "Use a workflow template",
        201,
        Page::new([samples::automation::workflow()], None),
    )
    .description(
        "Creates every workflow of the template as a draft, with the given parameters. A parameter that the request \
         omits gets the example value of the template.",
    )
    .path_id("WorkflowTemplateName")
    .own_body("WorkflowTemplateInput", WorkflowTemplate::values_schema(), true, &[("beta50", body)])
    .rule("/parameters", "must result in valid workflows")
    .rule("/parameters/*", "must be a parameter of the template")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<Page<view::Workflow>> {
    let template = WorkflowTemplate::shipped().into_iter().find(|template| template.name == call.path_id);
    let template = template.ok_or_else(|| Problem::not_found("workflow template"))?;
    let values = call.request.body(|body| {
        input::read(body, |field, errors| {
            field.object(&["parameters"], errors)?;
            template.read_values(&field.get("parameters"), errors)
        })
    })?;
    let created = create_drafts(call.store, &template, &values, url_policy(), call.seed).await.map_err(failure)?;
    let workflows = created.map_err(Problem::invalid)?;
    Ok(Reply::json(201, &Page::new(workflows.iter().map(view::Workflow::listed), None)))
}
