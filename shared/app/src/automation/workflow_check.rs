//! Checks a workflow document before the document is saved.

use std::collections::BTreeSet;

use couponflow_domain::automation::workflow::{Action, Definition};
use couponflow_domain::contacts::audience::Audience;
use couponflow_domain::delivery::webhook::UrlPolicy;
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_domain::kernel::input::{Errors, FieldError};
use serde_json::Value;

use crate::automation::ports::{Workflow, Workflows};
use crate::coupons::ports::ReadCoupons;
use crate::kernel::error::StoreError;

/// Returns the faults that prevent a document from being saved: those of the document itself, or else steps that refer
/// to a workflow or a coupon that does not exist. Empty if the document may be saved. `created` are the workflows that
/// the same request creates.
///
/// # Errors
/// Returns an error if the store fails.
pub async fn faults(
    store: &(impl Workflows + ReadCoupons),
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
    store: &(impl Workflows + ReadCoupons),
    definition: &Definition,
    created: &BTreeSet<WorkflowId>,
) -> Result<Errors, StoreError> {
    let mut errors = Errors::new();
    for step in &definition.steps {
        let (member, exists) = match &step.action {
            Action::StartWorkflow { workflow_id } | Action::StopWorkflow { workflow_id: Some(workflow_id) } => {
                let is_created = created.contains(workflow_id);
                ("workflow_id", is_created || existing(store, workflow_id).await?.is_some())
            }
            Action::PauseCoupon { coupon_id: Some(coupon_id) }
            | Action::ExtendCoupon { coupon_id: Some(coupon_id), .. }
            | Action::RaiseLimit { coupon_id: Some(coupon_id), .. } => {
                ("coupon_id", store.coupon(coupon_id).await?.is_some())
            }
            Action::ForEachContact {
                audience:
                    Audience::AppliedNotRedeemed { coupon_id: Some(coupon_id) }
                    | Audience::Redeemed { coupon_id: Some(coupon_id) },
                ..
            } => ("audience/coupon_id", store.coupon(coupon_id).await?.is_some()),
            Action::StopWorkflow { workflow_id: None }
            | Action::PauseCoupon { coupon_id: None }
            | Action::ExtendCoupon { coupon_id: None, .. }
            | Action::RaiseLimit { coupon_id: None, .. }
            | Action::ForEachContact {
                audience:
                    Audience::AppliedNotRedeemed { coupon_id: None }
                    | Audience::Redeemed { coupon_id: None }
                    | Audience::List { .. }
                    | Audience::Tag { .. },
                ..
            }
            | Action::ChangeSet(_)
            | Action::SendEmail { .. }
            | Action::Notify(_)
            | Action::Webhook { .. }
            | Action::ReplaceWithBackupCoupon
            | Action::GenerateCoupon(_)
            | Action::Wait(_)
            | Action::WaitForEvent { .. }
            | Action::Branch { .. }
            | Action::RandomSplit { .. }
            | Action::Alert { .. }
            | Action::Goal { .. } => continue,
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
pub async fn existing(store: &impl Workflows, id: &WorkflowId) -> Result<Option<Workflow>, StoreError> {
    Ok(store.workflow(id).await?.filter(|workflow| !workflow.is_deleted))
}
