//! Documentation of each operation.

mod codes;
mod contacts;
mod coupons;
mod events;
mod purchases;
mod redemptions;
mod service;
mod statistics;
mod suppressions;
mod templates;
mod webhook_secrets;
mod workflows;

use couponflow_http::Operation;
use serde_json::{Value, json};

use crate::operation_doc::OperationDoc;

/// Returns the documentation of an operation.
pub(crate) fn entry(operation: Operation) -> OperationDoc {
    match operation {
        Operation::Apply => purchases::apply(),
        Operation::RemoveApplication => purchases::remove_application(),
        Operation::ReadApplication => purchases::read_application(),
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
        Operation::DryRunWorkflow => workflows::dry_run(),
        Operation::ReplayWorkflow => workflows::replay(),
        Operation::ListWorkflowTemplates => workflows::templates(),
        Operation::UseWorkflowTemplate => workflows::use_template(),
        Operation::CancelExecution => workflows::cancel_execution(),
        Operation::RetryExecution => workflows::retry_execution(),
        Operation::PublishWorkflow => workflows::publish(),
        Operation::PauseWorkflow => workflows::pause(),
        Operation::ListTriggers => workflows::triggers(),
        Operation::PreviewTemplate => templates::preview(),
        Operation::CreateWebhookSecret => webhook_secrets::create(),
        Operation::ListWebhookSecrets => webhook_secrets::list(),
        Operation::ListExecutions => workflows::list_executions(),
        Operation::ReadExecution => workflows::read_execution(),
        Operation::CreateContact => contacts::create(),
        Operation::ListContacts => contacts::list(),
        Operation::ReadContact => contacts::read(),
        Operation::EditContact => contacts::edit(),
        Operation::EraseContact => contacts::erase(),
        Operation::ShowUnsubscribePage => contacts::show_unsubscribe_page(),
        Operation::Unsubscribe => contacts::unsubscribe(),
        Operation::ReadSuppression => suppressions::read(),
        Operation::LiftSuppression => suppressions::lift(),
        Operation::ListEvents => events::list_events(),
        Operation::ReadDocument => service::document(),
        Operation::CheckHealth => service::health(),
    }
}

/// The tags, in the order of the document.
pub(crate) fn tags() -> Value {
    json!([
        {"name": "Purchases", "description": "Apply and redeem codes."},
        {"name": "Coupons", "description": "Coupons with their terms (discount, limits, validity), unique codes and \
            statistics."},
        {"name": "Workflows", "description": "Automation triggered by coupon events, and its executions."},
        {"name": "Contacts", "description": "Customers for whom workflows run."},
        {"name": "Events", "description": "The log of coupon events, and the events on the bus."},
        {"name": "Service", "description": "This API: OpenAPI document and health."},
    ])
}

/// Rule for e-mail addresses. `format: email` also allows addresses that cannot receive mail.
const EMAIL_RULE: &str = "must be an address that mail can be sent to";

/// Example of a list page with one entry.
fn page(entry: Value) -> Value {
    json!({"data": [entry], "next_cursor": null})
}
