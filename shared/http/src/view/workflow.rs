//! Views of workflows and of the trigger catalog.

use couponflow_app::automation::ports::{Workflow, WorkflowVersion};
use couponflow_domain::automation::template::TemplateFilter;
use couponflow_domain::automation::trigger_catalog::{StepForm, TriggerForm};
use couponflow_domain::kernel::input::FieldError;
use serde_json::{Value, json};

/// Represents a workflow: its document, with members such as its id and status.
pub fn workflow(workflow: &Workflow) -> Value {
    let mut view = workflow.document.clone();
    view["id"] = json!(workflow.id);
    view["status"] = json!(workflow.status);
    view["version"] = json!(workflow.version);
    view["has_unpublished_changes"] = json!(workflow.has_unpublished_changes);
    view["created_at"] = json!(workflow.created_at);
    view["updated_at"] = json!(workflow.updated_at);
    view
}

/// Represents a workflow with the warnings about its document.
pub fn reviewed_workflow(workflow: &Workflow, warnings: &[FieldError]) -> Value {
    let mut view = self::workflow(workflow);
    view["warnings"] = json!(warnings);
    view
}

/// Represents a published version of a workflow.
pub fn workflow_version(version: &WorkflowVersion) -> Value {
    let mut view = version.document.clone();
    view["version"] = json!(version.version);
    view["published_at"] = json!(version.published_at);
    view
}

/// Represents the trigger catalog: triggers, template filters and steps.
pub fn triggers(triggers: &[TriggerForm], filters: &[TemplateFilter], steps: &[StepForm]) -> Value {
    json!({"triggers": triggers, "filters": filters, "steps": steps})
}
