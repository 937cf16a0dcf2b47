//! Checks a workflow document before the document is saved.

use std::collections::BTreeSet;

use couponflow_domain::automation::actions::Reference;
use couponflow_domain::automation::workflow::Definition;
use couponflow_domain::delivery::webhook::UrlPolicy;
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_domain::kernel::input::{Errors, FieldError};
use serde_json::Value;

use crate::automation::ports::{AutomationStore, Workflow};
use crate::kernel::error::StoreError;

/// Returns the faults that prevent a document from being saved: those of the document itself, or else steps that refer
/// to a workflow or a coupon that does not exist. Empty if the document may be saved. `created` are the workflows that
/// the same request creates.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn faults(
    store: &impl AutomationStore,
    document: &Value,
    url_policy: UrlPolicy,
    created: &BTreeSet<WorkflowId>,
) -> Result<Errors, StoreError> {
    match Definition::review(document, url_policy) {
        Ok(reviewed) => dangling_references(store, &reviewed.definition, created).await,
        Err(faults) => Ok(faults),
    }
}

/// Returns the warnings about a stored document. A document that was saved under earlier, looser rules can still be
/// published and paused, so what the current rules reject is a warning, too.
pub fn warnings(document: &Value, url_policy: UrlPolicy) -> Errors {
    match Definition::review(document, url_policy) {
        Ok(reviewed) => reviewed.warnings,
        Err(faults) => faults,
    }
}

/// Reports steps that refer to a workflow or a coupon that does not exist.
async fn dangling_references(
    store: &impl AutomationStore,
    definition: &Definition,
    created: &BTreeSet<WorkflowId>,
) -> Result<Errors, StoreError> {
    let mut errors = Errors::new();
    for step in &definition.steps {
        let (member, exists) = match step.action.reference() {
            Some(Reference::Workflow { id, member }) => {
                (member, created.contains(id) || existing(store, id).await?.is_some())
            }
            Some(Reference::Coupon { id, member }) => (member, store.coupon(id).await?.is_some()),
            None => continue,
        };
        if !exists {
            let detail = "refers to an object that does not exist; create it first".to_owned();
            errors.push(FieldError { pointer: format!("{}/{member}", step.pointer), detail });
        }
    }
    Ok(errors)
}

/// Returns a workflow that exists and was not deleted.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn existing(store: &impl AutomationStore, id: &WorkflowId) -> Result<Option<Workflow>, StoreError> {
    Ok(store.workflow(id).await?.filter(|workflow| !workflow.is_deleted))
}
