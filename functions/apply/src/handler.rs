//! From a gateway request to an application or a rejection, and back.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use couponflow_app::apply::apply;
use couponflow_app::ports::{Environment as _, KeyScope, TenantStores as _};
use couponflow_aws::dynamo::Table;
use couponflow_aws::environment::SystemEnvironment;
use couponflow_domain::input;
use couponflow_domain::purchase::Purchase;
use couponflow_http::auth::{KeyCache, authenticate};
use couponflow_http::{Answer, Operation, Problem, Request, to_gateway, view};

/// The apply function.
pub(crate) struct Apply {
    table: Table,
    keys: KeyCache,
}

impl Apply {
    /// On a table.
    pub(crate) fn new(table: Table) -> Self {
        Self { table, keys: KeyCache::default() }
    }

    /// Answers one request.
    pub(crate) async fn handle(&self, request: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
        to_gateway(self.answer(&Request::new(request)).await)
    }

    async fn answer(&self, request: &Request) -> Result<Answer, Problem> {
        let now = SystemEnvironment.now();
        let key = authenticate(&self.table, &self.keys, request, Operation::Apply, now).await?;
        let purchase = request.body(|body| input::read(body, Purchase::read))?;
        let store = self.table.of(&key.tenant_id);
        let applied = apply(&store, purchase, now, &request.id).await.map_err(|error| Problem::of_failure(&error))?;
        match applied {
            Ok(application) => {
                tracing::info!(tenant.id = %key.tenant_id, application.id = %application.id, coupon.id = %application.coupon_id, "Applied a code");
                Ok(Answer::json(200, view::application(&application)))
            }
            Err(refusal) => {
                let rejection = refusal.rejection;
                tracing::info!(tenant.id = %key.tenant_id, rejection = rejection.code(), "Refused to apply a code");
                Err(match key.scope {
                    KeyScope::Storefront => rejection.for_storefront().into(),
                    KeyScope::Server | KeyScope::Admin => refusal.into(),
                })
            }
        }
    }
}
