//! Creates workflows from a workflow template.

use couponflow_domain::automation::workflow::Definition;
use couponflow_domain::automation::workflow_template::WorkflowTemplate;
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_domain::kernel::input::{Errors, FieldError};
use serde_json::{Map, Value};

use crate::automation::ports::{Workflow, Workflows};
use crate::kernel::error::StoreError;
use crate::tenants::idempotency::Seed;

/// Creates the workflows of a template as drafts, with ids that derive from `seed`. `values`
/// contains the values of the template's parameters. If a value makes a document invalid, creates
/// no workflow and returns the faults in the inner result.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn create_drafts(
    store: &impl Workflows,
    template: &WorkflowTemplate,
    values: &Map<String, Value>,
    seed: Seed,
) -> Result<Result<Vec<Workflow>, Errors>, StoreError> {
    let id = |place: usize| {
        let seed_hex: String = seed.bits.iter().map(|byte| format!("{byte:02x}")).collect();
        WorkflowId::new(seed.at, bits80(&[&seed_hex, &place.to_string()]))
    };
    let drafts = template.workflows_with(values, id).into_iter();
    let drafts: Vec<Workflow> = drafts.map(|(id, document)| Workflow::draft(id, document, seed.at)).collect();
    for draft in &drafts {
        if let Err(faults) = Definition::read(&draft.document) {
            return Ok(Err(parameter_faults(&draft.document, faults)));
        }
    }
    for draft in &drafts {
        store.create_workflow(draft).await?;
    }
    Ok(Ok(drafts))
}

/// Converts faults of a document to faults of `/parameters`, because the values of the parameters
/// caused the faults.
fn parameter_faults(document: &Value, faults: Errors) -> Errors {
    let as_parameter_fault = |fault: FieldError| {
        let value = document.pointer(&fault.pointer).map(|value| value.to_string()).unwrap_or_default();
        FieldError {
            pointer: "/parameters".to_owned(),
            detail: format!("produce {value} at {}, which {}", fault.pointer, fault.detail),
        }
    };
    faults.into_iter().map(as_parameter_fault).collect()
}
