//! Route table: method, path and required scope of each endpoint.

use couponflow_app::tenants::ports::KeyScope;

use crate::problem::Problem;

macro_rules! routes {
    ($($operation:ident $method:literal $path:literal $scope:expr;)*) => {
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
        }
    };
}

const STOREFRONT: Option<KeyScope> = Some(KeyScope::Storefront);
const SERVER: Option<KeyScope> = Some(KeyScope::Server);
const ADMIN: Option<KeyScope> = Some(KeyScope::Admin);

routes! {
    Apply "POST" "/v1/apply" STOREFRONT;
    PreviewOrder "POST" "/v1/preview" SERVER;
    RemoveApplication "DELETE" "/v1/applications/{id}" STOREFRONT;
    ReadApplication "GET" "/v1/applications/{id}" ADMIN;
    Redeem "POST" "/v1/redeem" SERVER;
    ListRedemptions "GET" "/v1/redemptions" ADMIN;
    ReadRedemption "GET" "/v1/redemptions/{id}" ADMIN;
    RollBackRedemption "POST" "/v1/redemptions/{id}/rollback" SERVER;
    ReadBillingDiscount "GET" "/v1/redemptions/{id}/billing-discount" SERVER;
    CreateCoupon "POST" "/v1/coupons" ADMIN;
    ListCoupons "GET" "/v1/coupons" ADMIN;
    ReadCoupon "GET" "/v1/coupons/{id}" ADMIN;
    EditCoupon "PATCH" "/v1/coupons/{id}" ADMIN;
    DeleteCoupon "DELETE" "/v1/coupons/{id}" ADMIN;
    PauseCoupon "POST" "/v1/coupons/{id}/pause" ADMIN;
    ActivateCoupon "POST" "/v1/coupons/{id}/activate" ADMIN;
    IssueCodes "POST" "/v1/coupons/{id}/codes" ADMIN;
    ListCodes "GET" "/v1/coupons/{id}/codes" ADMIN;
    ReadJob "GET" "/v1/jobs/{id}" ADMIN;
    ReadCouponStatistics "GET" "/v1/coupons/{id}/stats" ADMIN;
    ReadStatistics "GET" "/v1/stats" ADMIN;
    CreateWorkflow "POST" "/v1/workflows" ADMIN;
    ListWorkflows "GET" "/v1/workflows" ADMIN;
    ReadWorkflow "GET" "/v1/workflows/{id}" ADMIN;
    SaveWorkflow "PUT" "/v1/workflows/{id}" ADMIN;
    DeleteWorkflow "DELETE" "/v1/workflows/{id}" ADMIN;
    ListWorkflowVersions "GET" "/v1/workflows/{id}/versions" ADMIN;
    RestoreWorkflow "POST" "/v1/workflows/{id}/restore" ADMIN;
    DryRunWorkflow "POST" "/v1/workflows/{id}/dry-run" ADMIN;
    ReplayWorkflow "POST" "/v1/workflows/{id}/replay" ADMIN;
    EditWorkflowDocument "POST" "/v1/workflow-edits" ADMIN;
    ListWorkflowTemplates "GET" "/v1/workflow-templates" ADMIN;
    UseWorkflowTemplate "POST" "/v1/workflow-templates/{id}" ADMIN;
    PublishWorkflow "POST" "/v1/workflows/{id}/publish" ADMIN;
    PauseWorkflow "POST" "/v1/workflows/{id}/pause" ADMIN;
    ListTriggers "GET" "/v1/triggers" ADMIN;
    PreviewTemplate "POST" "/v1/templates/preview" ADMIN;
    CreateWebhookSecret "POST" "/v1/webhook-secrets" ADMIN;
    ListWebhookSecrets "GET" "/v1/webhook-secrets" ADMIN;
    ListExecutions "GET" "/v1/executions" ADMIN;
    ReadExecution "GET" "/v1/executions/{id}" ADMIN;
    CancelExecution "POST" "/v1/executions/{id}/cancel" ADMIN;
    RetryExecution "POST" "/v1/executions/{id}/retry" ADMIN;
    CreateContact "POST" "/v1/contacts" SERVER;
    ListContacts "GET" "/v1/contacts" SERVER;
    ReadContact "GET" "/v1/contacts/{id}" SERVER;
    EditContact "PATCH" "/v1/contacts/{id}" SERVER;
    EraseContact "DELETE" "/v1/contacts/{id}" SERVER;
    ShowUnsubscribePage "GET" "/v1/unsubscribe/{token}" None;
    Unsubscribe "POST" "/v1/unsubscribe/{token}" None;
    ShowConfirmationPage "GET" "/v1/recipients/{token}" None;
    ConfirmRecipient "POST" "/v1/recipients/{token}" None;
    ReadSuppression "GET" "/v1/suppressions" ADMIN;
    LiftSuppression "DELETE" "/v1/suppressions" ADMIN;
    ListEvents "GET" "/v1/events" ADMIN;
    CreateKey "POST" "/v1/keys" ADMIN;
    ListKeys "GET" "/v1/keys" ADMIN;
    RevokeKey "DELETE" "/v1/keys/{id}" ADMIN;
    RotateKey "POST" "/v1/keys/{id}/rotate" ADMIN;
    ReadMe "GET" "/v1/me" STOREFRONT;
    ListAuditEntries "GET" "/v1/audit" ADMIN;
    ReadDocument "GET" "/openapi.json" None;
    CheckHealth "GET" "/healthz" None;
}

impl Operation {
    /// Whether the changes of the operation are recorded in the audit log. Purchases have items of their own instead.
    pub fn is_audited(self) -> bool {
        let changes_nothing = matches!(
            self,
            Self::DryRunWorkflow | Self::EditWorkflowDocument | Self::PreviewTemplate | Self::PreviewOrder
        );
        let is_of_shopper = matches!(self, Self::Apply | Self::Redeem | Self::RemoveApplication);
        self.method() != "GET" && self.scope().is_some() && !changes_nothing && !is_of_shopper
    }
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
