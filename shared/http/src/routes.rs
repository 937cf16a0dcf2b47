//! Route table: method, path and required scope of each endpoint, and whether the audit log records its changes.

use couponflow_app::tenants::ports::KeyScope;

use crate::problem::Problem;

macro_rules! routes {
    ($($operation:ident $method:literal $path:literal $scope:ident $audited:ident;)*) => {
        /// Operation of the API.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Operation {
            $(#[doc = concat!("`", $method, " ", $path, "`")] $operation,)*
        }

        impl Operation {
            /// All operations.
            pub const ALL: &'static [Self] = &[$(Self::$operation,)*];

            /// Returns the name, such as `CreateCoupon`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$operation => stringify!($operation),)* }
            }

            /// Returns the method in upper case.
            pub fn method(self) -> &'static str {
                match self { $(Self::$operation => $method,)* }
            }

            /// Returns the path. `{id}` stands for an id, and `{token}` for the token of a
            /// link in an e-mail.
            pub fn path(self) -> &'static str {
                match self { $(Self::$operation => $path,)* }
            }

            /// Returns the scope that the API key must have at least. Returns `None` if the
            /// operation requires no key.
            pub fn scope(self) -> Option<KeyScope> {
                match self { $(Self::$operation => $scope,)* }
            }

            /// Whether the changes of the operation are recorded in the audit log. Purchases have items of their own
            /// instead.
            pub fn is_audited(self) -> bool {
                match self { $(Self::$operation => $audited,)* }
            }
        }
    };
}

const STOREFRONT: Option<KeyScope> = Some(KeyScope::Storefront);
const SERVER: Option<KeyScope> = Some(KeyScope::Server);
const ADMIN: Option<KeyScope> = Some(KeyScope::Admin);

const AUDITED: bool = true;
/// Changes nothing, requires no key, or has stored items of its own for each change.
const UNAUDITED: bool = false;

routes! {
    Apply "POST" "/v1/apply" STOREFRONT UNAUDITED;
    PreviewOrder "POST" "/v1/preview" SERVER UNAUDITED;
    RemoveApplication "DELETE" "/v1/applications/{id}" STOREFRONT UNAUDITED;
    ReadApplication "GET" "/v1/applications/{id}" ADMIN UNAUDITED;
    Redeem "POST" "/v1/redeem" SERVER UNAUDITED;
    ListRedemptions "GET" "/v1/redemptions" ADMIN UNAUDITED;
    ReadRedemption "GET" "/v1/redemptions/{id}" ADMIN UNAUDITED;
    RollBackRedemption "POST" "/v1/redemptions/{id}/rollback" SERVER AUDITED;
    ReadBillingDiscount "GET" "/v1/redemptions/{id}/billing-discount" SERVER UNAUDITED;
    CreateCoupon "POST" "/v1/coupons" ADMIN AUDITED;
    ListCoupons "GET" "/v1/coupons" ADMIN UNAUDITED;
    ReadCoupon "GET" "/v1/coupons/{id}" ADMIN UNAUDITED;
    EditCoupon "PATCH" "/v1/coupons/{id}" ADMIN AUDITED;
    DeleteCoupon "DELETE" "/v1/coupons/{id}" ADMIN AUDITED;
    PauseCoupon "POST" "/v1/coupons/{id}/pause" ADMIN AUDITED;
    ActivateCoupon "POST" "/v1/coupons/{id}/activate" ADMIN AUDITED;
    IssueCodes "POST" "/v1/coupons/{id}/codes" ADMIN AUDITED;
    ListCodes "GET" "/v1/coupons/{id}/codes" ADMIN UNAUDITED;
    ReadJob "GET" "/v1/jobs/{id}" ADMIN UNAUDITED;
    ReadCouponStatistics "GET" "/v1/coupons/{id}/stats" ADMIN UNAUDITED;
    ReadStatistics "GET" "/v1/stats" ADMIN UNAUDITED;
    CreateWorkflow "POST" "/v1/workflows" ADMIN AUDITED;
    ListWorkflows "GET" "/v1/workflows" ADMIN UNAUDITED;
    ReadWorkflow "GET" "/v1/workflows/{id}" ADMIN UNAUDITED;
    SaveWorkflow "PUT" "/v1/workflows/{id}" ADMIN AUDITED;
    DeleteWorkflow "DELETE" "/v1/workflows/{id}" ADMIN AUDITED;
    ListWorkflowVersions "GET" "/v1/workflows/{id}/versions" ADMIN UNAUDITED;
    RestoreWorkflow "POST" "/v1/workflows/{id}/restore" ADMIN AUDITED;
    DryRunWorkflow "POST" "/v1/workflows/{id}/dry-run" ADMIN UNAUDITED;
    ReplayWorkflow "POST" "/v1/workflows/{id}/replay" ADMIN AUDITED;
    EditWorkflowDocument "POST" "/v1/workflow-edits" ADMIN UNAUDITED;
    ListWorkflowTemplates "GET" "/v1/workflow-templates" ADMIN UNAUDITED;
    UseWorkflowTemplate "POST" "/v1/workflow-templates/{id}" ADMIN AUDITED;
    PublishWorkflow "POST" "/v1/workflows/{id}/publish" ADMIN AUDITED;
    PauseWorkflow "POST" "/v1/workflows/{id}/pause" ADMIN AUDITED;
    ListTriggers "GET" "/v1/triggers" ADMIN UNAUDITED;
    PreviewTemplate "POST" "/v1/templates/preview" ADMIN UNAUDITED;
    CreateWebhookSecret "POST" "/v1/webhook-secrets" ADMIN AUDITED;
    ListWebhookSecrets "GET" "/v1/webhook-secrets" ADMIN UNAUDITED;
    ListExecutions "GET" "/v1/executions" ADMIN UNAUDITED;
    ReadExecution "GET" "/v1/executions/{id}" ADMIN UNAUDITED;
    CancelExecution "POST" "/v1/executions/{id}/cancel" ADMIN AUDITED;
    RetryExecution "POST" "/v1/executions/{id}/retry" ADMIN AUDITED;
    CreateContact "POST" "/v1/contacts" SERVER AUDITED;
    ListContacts "GET" "/v1/contacts" SERVER UNAUDITED;
    ReadContact "GET" "/v1/contacts/{id}" SERVER UNAUDITED;
    EditContact "PATCH" "/v1/contacts/{id}" SERVER AUDITED;
    EraseContact "DELETE" "/v1/contacts/{id}" SERVER AUDITED;
    ShowUnsubscribePage "GET" "/v1/unsubscribe/{token}" None UNAUDITED;
    Unsubscribe "POST" "/v1/unsubscribe/{token}" None UNAUDITED;
    ShowConfirmationPage "GET" "/v1/recipients/{token}" None UNAUDITED;
    ConfirmRecipient "POST" "/v1/recipients/{token}" None UNAUDITED;
    ReadSuppression "GET" "/v1/suppressions" ADMIN UNAUDITED;
    LiftSuppression "DELETE" "/v1/suppressions" ADMIN AUDITED;
    ListEvents "GET" "/v1/events" ADMIN UNAUDITED;
    CreateKey "POST" "/v1/keys" ADMIN AUDITED;
    ListKeys "GET" "/v1/keys" ADMIN UNAUDITED;
    RevokeKey "DELETE" "/v1/keys/{id}" ADMIN AUDITED;
    RotateKey "POST" "/v1/keys/{id}/rotate" ADMIN AUDITED;
    ReadMe "GET" "/v1/me" STOREFRONT UNAUDITED;
    ListAuditEntries "GET" "/v1/audit" ADMIN UNAUDITED;
    ReadDocument "GET" "/openapi.json" None UNAUDITED;
    CheckHealth "GET" "/healthz" None UNAUDITED;
}

/// Finds the operation for a method and a path. `path` is split at its slashes. Also returns the id
/// or token in the path, or an empty text if the path has no id or token.
///
/// # Errors
/// Returns 404 if the path does not exist, and 405 if the path does not support the method.
pub fn find<'a>(method: &str, path: &'a [String]) -> Result<(Operation, &'a str), Problem> {
    let of_path = |operation: &Operation| Some((*operation, id_in(path, operation.path())?));
    let here: Vec<_> = Operation::ALL.iter().filter_map(of_path).collect();
    let found = here.iter().find(|(operation, _)| operation.method() == method);
    match (found, here.is_empty()) {
        (Some(found), _) => Ok(*found),
        (None, true) => Err(Problem::not_found("resource")),
        (None, false) => {
            let offered: Vec<_> = here.iter().map(|(operation, _)| operation.method()).collect();
            Err(Problem::method_not_allowed(method, &offered))
        }
    }
}

/// Returns the id or token in a path. Returns an empty text if the template has no id or token, and
/// `None` if the path does not match the template.
fn id_in<'a>(path: &'a [String], template: &str) -> Option<&'a str> {
    let mut parts = template.split('/').skip(1);
    let mut id = "";
    for segment in path {
        match parts.next()? {
            "{id}" | "{token}" => id = segment,
            fixed if fixed == segment => {}
            _ => return None,
        }
    }
    parts.next().is_none().then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Status and headers of a problem.
    type Refused = (u16, Vec<(&'static str, String)>);

    fn found(method: &str, path: &str) -> Result<(Operation, String), Refused> {
        let path: Vec<String> = path.split('/').skip(1).map(str::to_owned).collect();
        let found = find(method, &path).map(|(operation, id)| (operation, id.to_owned()));
        found.map_err(|problem| {
            let answer = problem.answer();
            (answer.status, answer.headers)
        })
    }

    #[test]
    fn every_operation_is_found_by_its_method_and_path() {
        for operation in Operation::ALL {
            let id = if operation.path().contains('{') { "x" } else { "" };
            let path = operation.path().replace("{id}", "x").replace("{token}", "x");
            assert_eq!(found(operation.method(), &path), Ok((*operation, id.to_owned())));
        }
    }

    #[test]
    fn operation_that_reads_or_requires_no_key_is_not_audited() {
        for operation in Operation::ALL.iter().filter(|operation| operation.is_audited()) {
            assert!(operation.method() != "GET" && operation.scope().is_some(), "{operation:?}");
        }
        assert!(Operation::CreateCoupon.is_audited() && !Operation::Redeem.is_audited());
    }

    #[test]
    fn unsupported_method_is_rejected_with_the_supported_methods() {
        assert_eq!(found("PUT", "/v1/coupons"), Err((405, vec![("allow", "POST, GET".to_owned())])));
        assert_eq!(found("PUT", "/v1/applications/x"), Err((405, vec![("allow", "DELETE, GET".to_owned())])));
    }

    #[test]
    fn unknown_path_and_extra_slashes_are_not_found() {
        for path in
            ["/", "/v1", "/v1/nothing", "/v1//coupons", "/v1/coupons/x/", "/v1/coupons/x/pause/y", "/v1/Coupons"]
        {
            assert_eq!(found("GET", path), Err((404, Vec::new())), "{path}");
        }
    }
}
