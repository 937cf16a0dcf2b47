//! Handles `POST /v1/redeem`.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use couponflow_app::coupons::cache::CouponCache;
use couponflow_app::kernel::metrics;
use couponflow_app::kernel::system::Clock as _;
use couponflow_app::purchases::code_rejection::CodeRejection;
use couponflow_app::purchases::redeem::{Redeemed, Results, redeem};
use couponflow_app::tenants::idempotency::Seed;
use couponflow_app::tenants::ports::{Key, TenantStores as _};
use couponflow_aws::dynamo::{Table, TenantStore};
use couponflow_aws::system::System;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::input;
use couponflow_domain::purchases::RedeemRequest;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_http::auth::{KeyCache, authenticate};
use couponflow_http::doc::documented_problem::DocumentedProblem;
use couponflow_http::doc::rules::{EMAIL_RULE, ORDER_VALUE_RULE};
use couponflow_http::doc::{DocumentedOperation, OperationDoc, samples, tags};
use couponflow_http::rate_limits::{LimitedRequest, RequestLimits};
use couponflow_http::{EndpointResult, Operation, Problem, Reply, Request, Response, serve, to_gateway, view};

/// Returns the operation with its documentation.
pub fn documented_operation() -> DocumentedOperation {
    DocumentedOperation::new(Operation::Redeem, doc)
}

fn doc() -> OperationDoc<view::RedeemAnswer> {
    OperationDoc::json(
        tags::PURCHASES,
        "Redeem codes for a paid order",
        201,
        view::RedeemAnswer::One(Box::new(samples::purchases::redemption())),
    )
    .example("several_codes", samples::purchases::redeemed())
    .description(
        "Consumes one redemption per code. Idempotent per coupon and order: repeated requests consume only one \
         redemption. The order is priced again, even if the code was applied before. With `codes`, either all codes \
         are redeemed or none. If no code is redeemed, `rejections` lists the rejected codes, each with a reason. A \
         code that does not reduce the price is also rejected (`nothing_to_discount`). Send all codes of an order in \
         one request, because each code discounts the amount that remains after the previous codes. The `total` of a \
         redemption is the amount after all codes of the request that created the redemption. An `application_id` \
         refers to the coupon that was applied. If this coupon was deleted, the response is `coupon_not_found`, even \
         if another coupon now has the same code.",
    )
    .body(
        "RedeemInput",
        true,
        &[
            ("by_code", samples::purchases::redeem()),
            ("by_application", samples::purchases::redeem_by_application()),
            ("several_codes", samples::purchases::several_codes()),
        ],
    )
    .rule("/order/lines", ORDER_VALUE_RULE)
    .rule("/customer/email", EMAIL_RULE)
    .rule("/codes", "must not contain a code twice")
    .rule("/application_id", "must be the id of an application")
    .rule("/order/id", "must be the order id of the application")
    .fails_with(DocumentedProblem::rejections())
    .link(Operation::ReadRedemption, "/id")
    .link(Operation::RollBackRedemption, "/id")
}

/// Handler of the function that serves `POST /v1/redeem`.
pub struct Redeem {
    table: Table,
    keys: KeyCache,
    coupons: CouponCache,
    limits: RequestLimits,
}

impl Redeem {
    /// Creates a handler that uses `table`.
    pub fn new(table: Table) -> Self {
        Self { table, keys: KeyCache::default(), coupons: CouponCache::default(), limits: RequestLimits::default() }
    }

    /// Handles one request.
    pub async fn handle(&self, request: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
        to_gateway(self.answer(&Request::new(request)).await)
    }

    async fn answer(&self, request: &Request) -> Result<Response, Problem> {
        let caller = authenticate(&self.table, &self.keys, request, Operation::Redeem, System.now()).await?;
        let store = self.table.of(&caller.key.tenant_id);
        let run = async |limited: &LimitedRequest<'_>, _: Seed| {
            self.redeem(&store, &caller.key, limited, request).await.map(|reply| reply.documented_by(doc))
        };
        Ok(serve(&store, &System, &self.limits, &caller, Operation::Redeem, request, run).await)
    }

    async fn redeem(
        &self,
        store: &TenantStore,
        key: &Key,
        limited: &LimitedRequest<'_>,
        request: &Request,
    ) -> EndpointResult<view::RedeemAnswer> {
        let tenant = &key.tenant_id;
        let redeem_request = request.body(|body| input::read(body, RedeemRequest::read))?;
        let now = System.now();
        let redeemed =
            redeem(store, &self.coupons, tenant, redeem_request, now, &CorrelationId::new(&request.id)).await;
        match redeemed.map_err(|error| Problem::of_failure(&error))? {
            Redeemed::Redemptions(redemptions) => {
                for redemption in redemptions.iter() {
                    metrics::redeemed();
                    tracing::info!(tenant.id = %tenant, redemption.id = %redemption.id, coupon.id = %redemption.coupon_id, "Redeemed a code");
                }
                let answer = match &*redemptions {
                    Results::One(redemption) => view::RedeemAnswer::One(Box::new(redemption.into())),
                    Results::Several(first, rest) => view::RedeemAnswer::Several(view::RedeemedCodes::new(first, rest)),
                };
                Ok(Reply::json(201, &answer))
            }
            Redeemed::Rejected(rejections) => {
                let is_unknown = |rejected: &CodeRejection| rejected.rejection == Rejection::CouponNotFound;
                limited.missed(rejections.iter().filter(|(_, rejected)| is_unknown(rejected)).count());
                for (_, rejection) in rejections.iter() {
                    metrics::rejected(rejection.rejection.code());
                    tracing::info!(tenant.id = %tenant, rejection = rejection.rejection.code(), "Rejected an attempt to redeem a code");
                }
                Err(match &rejections {
                    Results::One((_, rejection)) => (*rejection).into(),
                    Results::Several(first, rest) => Problem::of_rejections(first, rest),
                })
            }
            Redeemed::Invalid(fault) => Err(Problem::invalid(vec![fault])),
        }
    }
}
