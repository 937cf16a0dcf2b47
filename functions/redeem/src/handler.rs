//! Handles `POST /v1/redeem`.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use couponflow_app::coupons::cache::CouponCache;
use couponflow_app::kernel::system::Clock as _;
use couponflow_app::purchases::redeem::{Redeemed, redeem};
use couponflow_app::tenants::ports::{Key, TenantStores as _};
use couponflow_aws::dynamo::{Table, TenantStore};
use couponflow_aws::system::System;
use couponflow_domain::kernel::input;
use couponflow_domain::purchases::{Codes, RedeemRequest};
use couponflow_http::auth::{KeyCache, authenticate};
use couponflow_http::idempotency::once;
use couponflow_http::{Answer, Operation, Problem, Request, Response, to_gateway, view};

/// Handler of the function that serves `POST /v1/redeem`.
pub(crate) struct Redeem {
    table: Table,
    keys: KeyCache,
    coupons: CouponCache,
}

impl Redeem {
    /// Creates a handler that uses `table`.
    pub(crate) fn new(table: Table) -> Self {
        Self { table, keys: KeyCache::default(), coupons: CouponCache::default() }
    }

    /// Handles one request.
    pub(crate) async fn handle(&self, request: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
        to_gateway(self.answer(&Request::new(request)).await)
    }

    async fn answer(&self, request: &Request) -> Result<Response, Problem> {
        let now = System.now();
        let key = authenticate(&self.table, &self.keys, request, Operation::Redeem, now).await?;
        let store = self.table.of(&key.tenant_id);
        once(&store, &System, &key, request, async |_| self.redeem(&store, &key, request).await).await
    }

    async fn redeem(&self, store: &TenantStore, key: &Key, request: &Request) -> Result<Answer, Problem> {
        let tenant = &key.tenant_id;
        let redeem_request = request.body(|body| input::read(body, RedeemRequest::read))?;
        let several =
            matches!(&redeem_request, RedeemRequest::Checkout(checkout) if matches!(checkout.codes, Codes::Several(_)));
        let now = System.now();
        let redeemed = redeem(store, &self.coupons, tenant, redeem_request, now, &request.id).await;
        match redeemed.map_err(|error| Problem::of_failure(&error))? {
            Redeemed::Redemptions(redemptions) => {
                for redemption in &redemptions {
                    tracing::info!(tenant.id = %tenant, redemption.id = %redemption.id, coupon.id = %redemption.coupon_id, "Redeemed a code");
                }
                Ok(Answer::json(
                    201,
                    match &redemptions[..] {
                        [redemption] if !several => view::redemption(redemption),
                        redemptions => view::redemptions(redemptions),
                    },
                ))
            }
            Redeemed::Rejected(rejections) => {
                for (_, rejection) in &rejections {
                    tracing::info!(tenant.id = %tenant, rejection = rejection.rejection.code(), "Rejected an attempt to redeem a code");
                }
                Err(match &rejections[..] {
                    [(_, rejection)] if !several => (*rejection).into(),
                    _ => Problem::of_rejections(rejections),
                })
            }
            Redeemed::Invalid(fault) => Err(Problem::invalid(vec![fault])),
        }
    }
}
