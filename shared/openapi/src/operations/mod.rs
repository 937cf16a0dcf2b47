//! Documentation of each operation.

mod applications;
mod codes;
mod contacts;
mod coupons;
mod dry_runs;
mod events;
mod executions;
mod purchases;
mod redemptions;
mod rules;
mod service;
mod statistics;
mod suppressions;
mod templates;
mod unsubscribe;
mod webhook_secrets;
mod workflow_templates;
mod workflows;

use couponflow_http::Operation;

use crate::operation_doc::OperationDoc;

/// Returns the documentation of an operation.
pub(crate) fn entry(operation: Operation) -> OperationDoc {
    match operation {
        Operation::Apply => purchases::apply(),
        Operation::RemoveApplication => applications::remove(),
        Operation::ReadApplication => applications::read(),
        Operation::Redeem => purchases::redeem(),
        Operation::ListRedemptions => redemptions::list(),
        Operation::ReadBillingDiscount => redemptions::billing_discount(),
        Operation::ReadRedemption => redemptions::read(),
        Operation::RollBackRedemption => redemptions::roll_back(),
        Operation::CreateCoupon => coupons::create(),
        Operation::ListCoupons => coupons::list(),
        Operation::ReadCoupon => coupons::read(),
        Operation::EditCoupon => coupons::edit(),
        Operation::DeleteCoupon => coupons::delete(),
        Operation::IssueCodes => codes::issue(),
        Operation::ListCodes => codes::list(),
        Operation::ReadJob => codes::read_job(),
        Operation::ReadCouponStatistics => statistics::for_coupon(),
        Operation::ReadStatistics => statistics::for_unknown_codes(),
        Operation::PauseCoupon => coupons::pause(),
        Operation::ActivateCoupon => coupons::activate(),
        Operation::CreateWorkflow => workflows::create(),
        Operation::ListWorkflows => workflows::list(),
        Operation::ReadWorkflow => workflows::read(),
        Operation::SaveWorkflow => workflows::save(),
        Operation::DeleteWorkflow => workflows::delete(),
        Operation::ListWorkflowVersions => workflows::versions(),
        Operation::RestoreWorkflow => workflows::restore(),
        Operation::DryRunWorkflow => dry_runs::dry_run(),
        Operation::ReplayWorkflow => dry_runs::replay(),
        Operation::ListWorkflowTemplates => workflow_templates::list(),
        Operation::UseWorkflowTemplate => workflow_templates::use_template(),
        Operation::CancelExecution => executions::cancel(),
        Operation::RetryExecution => executions::retry(),
        Operation::PublishWorkflow => workflows::publish(),
        Operation::PauseWorkflow => workflows::pause(),
        Operation::ListTriggers => workflows::triggers(),
        Operation::PreviewTemplate => templates::preview(),
        Operation::CreateWebhookSecret => webhook_secrets::create(),
        Operation::ListWebhookSecrets => webhook_secrets::list(),
        Operation::ListExecutions => executions::list(),
        Operation::ReadExecution => executions::read(),
        Operation::CreateContact => contacts::create(),
        Operation::ListContacts => contacts::list(),
        Operation::ReadContact => contacts::read(),
        Operation::EditContact => contacts::edit(),
        Operation::EraseContact => contacts::erase(),
        Operation::ShowUnsubscribePage => unsubscribe::show_page(),
        Operation::Unsubscribe => unsubscribe::unsubscribe(),
        Operation::ReadSuppression => suppressions::read(),
        Operation::LiftSuppression => suppressions::lift(),
        Operation::ListEvents => events::list_events(),
        Operation::ReadDocument => service::document(),
        Operation::CheckHealth => service::health(),
    }
}
