//! Handles `POST /v1/apply`.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use couponflow_app::kernel::system::Clock as _;
use couponflow_app::purchases::apply::{Applied, apply};
use couponflow_app::purchases::code_rejection::CodeRejection;
use couponflow_app::tenants::ports::{Key, KeyScope, TenantStores as _};
use couponflow_aws::dynamo::{Table, TenantStore};
use couponflow_aws::system::System;
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::kernel::input;
use couponflow_domain::purchases::{Checkout, Codes};
use couponflow_http::auth::{KeyCache, authenticate};
use couponflow_http::idempotency::once;
use couponflow_http::{Answer, Operation, Problem, Request, Response, to_gateway, view};

/// Handler of the function that serves `POST /v1/apply`.
pub(crate) struct Apply {
    table: Table,
    keys: KeyCache,
}

impl Apply {
    /// Creates a handler that uses `table`.
    pub(crate) fn new(table: Table) -> Self {
        Self { table, keys: KeyCache::default() }
    }

    /// Handles one request.
    pub(crate) async fn handle(&self, request: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
        to_gateway(self.answer(&Request::new(request)).await)
    }

    async fn answer(&self, request: &Request) -> Result<Response, Problem> {
        let now = System.now();
        let key = authenticate(&self.table, &self.keys, request, Operation::Apply, now).await?;
        let store = self.table.of(&key.tenant_id);
        once(&store, &System, &key, request, async |_| Self::apply(&store, &key, request).await).await
    }

    async fn apply(store: &TenantStore, key: &Key, request: &Request) -> Result<Answer, Problem> {
        let checkout = request.body(|body| input::read(body, Checkout::read))?;
        if checkout.hold.is_some() && key.scope == KeyScope::Storefront {
            return Err(Problem::forbidden_member("/hold", "server"));
        }
        let now = System.now();
        let applied = apply(store, &checkout, now, &request.id).await.map_err(|error| Problem::of_failure(&error))?;
        for Applied { outcome, .. } in &applied {
            match outcome {
                Ok(application) => {
                    tracing::info!(tenant.id = %key.tenant_id, application.id = %application.id, coupon.id = %application.coupon_id, "Applied a code");
                }
                Err(rejection) => {
                    tracing::info!(tenant.id = %key.tenant_id, rejection = rejection.rejection.code(), "Rejected an attempt to apply a code");
                }
            }
        }
        let problem_for = |rejection: &CodeRejection, backup: Option<&CouponCode>| -> Problem {
            match (key.scope, rejection.rejection.for_storefront()) {
                // If the storefront must not see the actual rejection, leave out the backup code:
                // the code would reveal that the coupon exists.
                (KeyScope::Storefront, hidden) if hidden != rejection.rejection => hidden.into(),
                (KeyScope::Storefront, _) => Problem::of_storefront(rejection).with_backup(backup),
                (KeyScope::Server | KeyScope::Admin, _) => Problem::from(*rejection).with_backup(backup),
            }
        };
        match (&checkout.codes, &applied[..]) {
            (Codes::One(_), [Applied { outcome: Ok(application), .. }]) => {
                Ok(Answer::json(200, view::application(application)))
            }
            (Codes::One(_), [Applied { outcome: Err(rejection), backup, .. }]) => {
                Err(problem_for(rejection, backup.as_ref()))
            }
            _ => Ok(Answer::json(200, view::applied(&checkout, &applied, problem_for))),
        }
    }
}
