//! Creates workflows from a workflow template.

use couponflow_domain::automation::workflow_template::WorkflowTemplate;
use couponflow_domain::delivery::webhook::UrlPolicy;
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_domain::kernel::input::{Errors, FieldError};
use serde_json::{Map, Value};

use super::edit_workflow::{InvalidDraft, create};
use crate::automation::ports::{AutomationStore, Workflow};
use crate::kernel::error::StoreError;
use crate::tenants::idempotency::Seed;

/// Creates the workflows of a template as drafts, with ids that derive from `seed`. If a value makes one document
/// invalid, creates no workflow. The inner result has the faults that the values cause. The documents pass the same
/// checks as a document that an operator saves.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn create_drafts(
    store: &impl AutomationStore,
    template: &WorkflowTemplate,
    values: &Map<String, Value>,
    url_policy: UrlPolicy,
    seed: Seed,
) -> Result<Result<Vec<Workflow>, Errors>, StoreError> {
    let id = |place: usize| {
        let seed_hex: String = seed.bits.iter().map(|byte| format!("{byte:02x}")).collect();
        WorkflowId::new(seed.at, bits80(&[&seed_hex, &place.to_string()]))
    };
    let documents = template.workflows_with(values, id);
    let created = create(store, documents.clone(), url_policy, seed.at).await?;
    Ok(created.map_err(|InvalidDraft { position, faults }| parameter_faults(&documents[position].1, faults)))
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
