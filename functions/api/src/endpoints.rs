//! The endpoints of the API, except apply and redeem. Each endpoint has one file, which holds its
//! documentation and its handler.

use couponflow_http::doc::DocumentedOperation;
use couponflow_http::{Answer, Operation, Problem};

use crate::call::{Call, PublicCall};

pub(crate) mod automation {
    mod event_selection;
    mod shared;

    pub(super) mod cancel_execution;
    pub(super) mod create_workflow;
    pub(super) mod delete_workflow;
    pub(super) mod dry_run_workflow;
    pub(super) mod edit_workflow_document;
    pub(super) mod list_executions;
    pub(super) mod list_triggers;
    pub(super) mod list_workflow_templates;
    pub(super) mod list_workflow_versions;
    pub(super) mod list_workflows;
    pub(super) mod pause_workflow;
    pub(super) mod preview_template;
    pub(super) mod publish_workflow;
    pub(super) mod read_execution;
    pub(super) mod read_workflow;
    pub(super) mod replay_workflow;
    pub(super) mod restore_workflow;
    pub(super) mod retry_execution;
    pub(super) mod save_workflow;
    pub(super) mod use_workflow_template;
}

pub(crate) mod contacts {
    mod shared;
    mod suppressed_address;
    mod unsubscribe_link;

    pub(super) mod create_contact;
    pub(super) mod edit_contact;
    pub(super) mod erase_contact;
    pub(super) mod lift_suppression;
    pub(super) mod list_contacts;
    pub(super) mod read_contact;
    pub(super) mod read_suppression;
    pub(super) mod show_unsubscribe_page;
    pub(super) mod unsubscribe;
}

pub(crate) mod coupons {
    mod days;
    mod shared;

    pub(super) mod activate_coupon;
    pub(super) mod create_coupon;
    pub(super) mod delete_coupon;
    pub(super) mod edit_coupon;
    pub(super) mod issue_codes;
    pub(super) mod list_codes;
    pub(super) mod list_coupons;
    pub(super) mod pause_coupon;
    pub(super) mod read_coupon;
    pub(super) mod read_coupon_statistics;
    pub(super) mod read_job;
    pub(super) mod read_statistics;
}

pub(crate) mod delivery {
    mod confirmation_link;

    pub(super) mod confirm_recipient;
    pub(super) mod create_webhook_secret;
    pub(super) mod list_webhook_secrets;
    pub(super) mod show_confirmation_page;
}

pub(crate) mod events {
    pub(super) mod list_events;
}

pub(crate) mod purchases {
    pub(super) mod list_redemptions;
    pub(super) mod preview_order;
    pub(super) mod read_application;
    pub(super) mod read_billing_discount;
    pub(super) mod read_redemption;
    pub(super) mod remove_application;
    pub(super) mod roll_back_redemption;
}

pub(crate) mod service {
    pub(super) mod check_health;
    pub(super) mod read_document;
}

pub(crate) mod tenants {
    mod shared;

    pub(super) mod create_key;
    pub(super) mod list_audit_entries;
    pub(super) mod list_keys;
    pub(super) mod read_me;
    pub(super) mod revoke_key;
    pub(super) mod rotate_key;
}

/// Lists each operation with the module that serves the operation. If an operation is missing in
/// the list, the compiler reports an error.
macro_rules! endpoints {
    (
        authenticated { $($operation:ident $room:ident::$endpoint:ident;)* }
        public { $($public:ident $public_room:ident::$public_endpoint:ident;)* }
        other_functions { $($other:ident;)* }
    ) => {
        /// Runs an operation that requires an API key and that the Lambda function `api` serves.
        pub(crate) async fn run(operation: Operation, call: &Call<'_>) -> Result<Answer, Problem> {
            match operation {
                $(Operation::$operation => {
                    $room::$endpoint::handle(call).await.map(|reply| reply.documented_by($room::$endpoint::doc))
                })*
                $(Operation::$public)|* $(| Operation::$other)* => Err(Problem::not_found("resource")),
            }
        }

        /// Runs an operation that requires no API key. Returns `None` if the operation requires a
        /// key.
        pub(crate) async fn run_public(
            operation: Operation,
            call: &PublicCall<'_>,
        ) -> Option<Result<Answer, Problem>> {
            match operation {
                $(Operation::$public => {
                    let reply = $public_room::$public_endpoint::handle(call).await;
                    Some(reply.map(|reply| reply.documented_by($public_room::$public_endpoint::doc)))
                })*
                $(Operation::$operation)|* $(| Operation::$other)* => None,
            }
        }

        /// Returns the documentation of every operation that the Lambda function `api` serves.
        pub fn documented_operations() -> Vec<DocumentedOperation> {
            vec![
                $(DocumentedOperation::new(Operation::$operation, $room::$endpoint::doc),)*
                $(DocumentedOperation::new(Operation::$public, $public_room::$public_endpoint::doc),)*
            ]
        }
    };
}

endpoints! {
    authenticated {
        PreviewOrder purchases::preview_order;
        ReadApplication purchases::read_application;
        RemoveApplication purchases::remove_application;
        ListRedemptions purchases::list_redemptions;
        ReadRedemption purchases::read_redemption;
        RollBackRedemption purchases::roll_back_redemption;
        ReadBillingDiscount purchases::read_billing_discount;
        CreateCoupon coupons::create_coupon;
        ListCoupons coupons::list_coupons;
        ReadCoupon coupons::read_coupon;
        EditCoupon coupons::edit_coupon;
        DeleteCoupon coupons::delete_coupon;
        PauseCoupon coupons::pause_coupon;
        ActivateCoupon coupons::activate_coupon;
        IssueCodes coupons::issue_codes;
        ListCodes coupons::list_codes;
        ReadJob coupons::read_job;
        ReadCouponStatistics coupons::read_coupon_statistics;
        ReadStatistics coupons::read_statistics;
        CreateWorkflow automation::create_workflow;
        ListWorkflows automation::list_workflows;
        ReadWorkflow automation::read_workflow;
        SaveWorkflow automation::save_workflow;
        DeleteWorkflow automation::delete_workflow;
        ListWorkflowVersions automation::list_workflow_versions;
        RestoreWorkflow automation::restore_workflow;
        DryRunWorkflow automation::dry_run_workflow;
        EditWorkflowDocument automation::edit_workflow_document;
        ReplayWorkflow automation::replay_workflow;
        PublishWorkflow automation::publish_workflow;
        PauseWorkflow automation::pause_workflow;
        ListWorkflowTemplates automation::list_workflow_templates;
        UseWorkflowTemplate automation::use_workflow_template;
        ListTriggers automation::list_triggers;
        PreviewTemplate automation::preview_template;
        ListExecutions automation::list_executions;
        ReadExecution automation::read_execution;
        CancelExecution automation::cancel_execution;
        RetryExecution automation::retry_execution;
        CreateWebhookSecret delivery::create_webhook_secret;
        ListWebhookSecrets delivery::list_webhook_secrets;
        CreateContact contacts::create_contact;
        ListContacts contacts::list_contacts;
        ReadContact contacts::read_contact;
        EditContact contacts::edit_contact;
        EraseContact contacts::erase_contact;
        ReadSuppression contacts::read_suppression;
        LiftSuppression contacts::lift_suppression;
        ListEvents events::list_events;
        CreateKey tenants::create_key;
        ListKeys tenants::list_keys;
        RevokeKey tenants::revoke_key;
        RotateKey tenants::rotate_key;
        ReadMe tenants::read_me;
        ListAuditEntries tenants::list_audit_entries;
    }
    public {
        ShowUnsubscribePage contacts::show_unsubscribe_page;
        Unsubscribe contacts::unsubscribe;
        ShowConfirmationPage delivery::show_confirmation_page;
        ConfirmRecipient delivery::confirm_recipient;
        ReadDocument service::read_document;
        CheckHealth service::check_health;
    }
    other_functions {
        Apply;
        Redeem;
    }
}
