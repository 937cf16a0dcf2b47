//! Endpoints for workflow templates.

use couponflow_app::ports::{Seed, Workflow, Workflows as _};
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::automation::workflow::Definition;
use couponflow_domain::automation::workflow_template::WorkflowTemplate;
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_domain::kernel::input;
use couponflow_http::{Answer, Problem, Request, view};
use serde_json::json;

use crate::handler::{EndpointResult, failure};

pub(crate) fn list(request: &Request) -> EndpointResult {
    request.only(&[])?;
    Ok(Answer::page(WorkflowTemplate::shipped().iter().map(|template| json!(template)).collect(), None))
}

/// Creates drafts of a template's workflows.
pub(crate) async fn make(store: &TenantStore, request: &Request, name: &str, seed: Seed) -> EndpointResult {
    let template = WorkflowTemplate::shipped().into_iter().find(|template| template.name == name);
    let template = template.ok_or_else(|| Problem::not_found("workflow template"))?;
    let values = request.body(|body| {
        input::read(body, |field, errors| {
            field.object(&["parameters"], errors)?;
            template.read_values(&field.get("parameters"), errors)
        })
    })?;
    let id = |place: usize| {
        let seed_hex: String = seed.bits.iter().map(|byte| format!("{byte:02x}")).collect();
        WorkflowId::new(seed.at, bits80(&[&seed_hex, &place.to_string()]))
    };
    let workflows: Vec<Workflow> = template
        .workflows_with(&values, id)
        .into_iter()
        .map(|(id, document)| Workflow::draft(id, document, seed.at))
        .collect();
    // All or nothing: a value that makes one document invalid prevents all of them.
    for workflow in &workflows {
        Definition::read(&workflow.document).map_err(|faults| template_faults(&workflow.document, faults))?;
    }
    for workflow in &workflows {
        store.create_workflow(workflow).await.map_err(failure)?;
    }
    Ok(Answer::json(
        201,
        json!({"data": workflows.iter().map(view::workflow).collect::<Vec<_>>(), "next_cursor": null}),
    ))
}

/// Reports faults that a parameter's value caused in a document as faults of `/parameters`.
fn template_faults(document: &serde_json::Value, faults: input::Errors) -> Problem {
    let as_parameter_fault = |fault: input::FieldError| {
        let value = document.pointer(&fault.pointer).map(|value| value.to_string()).unwrap_or_default();
        input::FieldError {
            pointer: "/parameters".to_owned(),
            detail: format!("produce {value} at {}, which {}", fault.pointer, fault.detail),
        }
    };
    Problem::invalid(faults.into_iter().map(as_parameter_fault).collect())
}
