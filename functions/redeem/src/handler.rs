//! From a gateway request to a redemption or a rejection, and back.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use couponflow_app::cache::CouponCache;
use couponflow_app::ports::{Environment as _, TenantStores as _};
use couponflow_app::redeem::{Redeemed, redeem};
use couponflow_aws::dynamo::Table;
use couponflow_aws::environment::SystemEnvironment;
use couponflow_domain::input;
use couponflow_domain::purchase::RedeemRequest;
use couponflow_http::auth::{KeyCache, authenticate};
use couponflow_http::{Answer, Operation, Problem, Request, to_gateway, view};

/// The redeem function.
pub(crate) struct Redeem {
    table: Table,
    keys: KeyCache,
    coupons: CouponCache,
}

impl Redeem {
    /// On a table.
    pub(crate) fn new(table: Table) -> Self {
        Self { table, keys: KeyCache::default(), coupons: CouponCache::default() }
    }

    /// Answers one request.
    pub(crate) async fn handle(&self, request: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
        to_gateway(self.answer(&Request::new(request)).await)
    }

    async fn answer(&self, request: &Request) -> Result<Answer, Problem> {
        let now = SystemEnvironment.now();
        let key = authenticate(&self.table, &self.keys, request, Operation::Redeem, now).await?;
        let tenant = &key.tenant_id;
        let asked = request.body(|body| input::read(body, RedeemRequest::read))?;
        let redeemed = redeem(&self.table.of(tenant), &self.coupons, tenant, asked, now, &request.id).await;
        match redeemed.map_err(|error| Problem::of_failure(&error))? {
            Redeemed::Redemption(redemption) => {
                tracing::info!(tenant.id = %tenant, redemption.id = %redemption.id, coupon.id = %redemption.coupon_id, "Redeemed a code");
                Ok(Answer::json(201, view::redemption(&redemption)))
            }
            Redeemed::Rejected(refusal) => {
                tracing::info!(tenant.id = %tenant, rejection = refusal.rejection.code(), "Refused to redeem a code");
                Err(refusal.into())
            }
            Redeemed::Invalid(fault) => Err(Problem::invalid(vec![fault])),
        }
    }
}
