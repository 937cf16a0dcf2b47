//! Handles `POST /v1/apply`.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use couponflow_app::kernel::metrics;
use couponflow_app::kernel::system::Clock as _;
use couponflow_app::purchases::apply::{Applicant, Applied, apply};
use couponflow_app::purchases::code_rejection::CodeRejection;
use couponflow_app::tenants::idempotency::Seed;
use couponflow_app::tenants::ports::{KeyScope, TenantStores as _};
use couponflow_aws::dynamo::{Table, TenantStore};
use couponflow_aws::system::System;
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::input;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_domain::purchases::{ApplicationToken, Checkout, Codes};
use couponflow_http::auth::{Caller, KeyCache, authenticate};
use couponflow_http::doc::documented_problem::DocumentedProblem;
use couponflow_http::doc::rules::{EMAIL_RULE, ORDER_VALUE_RULE};
use couponflow_http::doc::{DocumentedOperation, OperationDoc, samples, tags};
use couponflow_http::rate_limits::{LimitedRequest, RequestLimits};
use couponflow_http::{
    EndpointResult, Operation, Problem, ProblemCode, Reply, Request, Response, serve, to_gateway, view,
};

/// Maximum size of a request with a storefront key, in bytes. An order with 50 lines has about 8 KB.
const MAX_STOREFRONT_BODY: usize = 16 * 1024;

/// Returns the operation with its documentation.
pub fn documented_operation() -> DocumentedOperation {
    DocumentedOperation::new(Operation::Apply, doc)
}

fn doc() -> OperationDoc<view::ApplyAnswer> {
    OperationDoc::json(
        tags::PURCHASES,
        "Apply codes to an order",
        200,
        view::ApplyAnswer::One(Box::new(samples::purchases::own_application())),
    )
    .example("several_codes", samples::purchases::applied())
    .description(
        "Prices the order and records an application for each accepted code. Applying a code never consumes a \
         redemption. A `hold` reserves a redemption and requires at least the scope `server`. Applying a coupon to \
         the same order again updates the application, which keeps its id. With a storefront key, the update \
         requires the `application_token` of the first response. Without the token, the response is \
         `application_token_required`. A key with scope `storefront` gets `coupon_not_found` in each of these cases: \
         the code is unknown; the coupon is paused or has not started; the coupon applies to no product of the order; \
         the unique code is used or held; the customer has reached the coupon's limit per customer. With `codes`, \
         each code is accepted or rejected individually, in the order of the list. Each code discounts the amount \
         that remains after the previous codes. The response has one result per code, and the `total` after all \
         codes. A code that does not reduce the price is rejected with `nothing_to_discount`. Exception: if the order \
         value is 0 and the request has only one code, the code is accepted. If the coupon has an \
         `abandonment_window`, each accepted apply restarts the window of the application, even at the same price, \
         unless the application has already been abandoned. `CouponApplied` is published again only if the code or \
         the price changed. The body of a request with a `storefront` key has at most 16 KiB.",
    )
    .body(
        "PurchaseInput",
        true,
        &[
            ("hold_for_15_minutes", samples::purchases::purchase()),
            ("several_codes", samples::purchases::several_codes()),
        ],
    )
    .rule("/order/lines", ORDER_VALUE_RULE)
    .rule("/customer/email", EMAIL_RULE)
    .rule("/codes", "must not contain a code twice")
    .fails_with(DocumentedProblem::rejections())
    .fails_with([ProblemCode::InsufficientScope, ProblemCode::ApplicationTokenRequired])
    .link(Operation::ReadApplication, "/id")
    .link(Operation::RemoveApplication, "/id")
}

/// Handler of the function that serves `POST /v1/apply`.
pub struct Apply {
    table: Table,
    keys: KeyCache,
    limits: RequestLimits,
}

impl Apply {
    /// Creates a handler that uses `table`.
    pub fn new(table: Table) -> Self {
        Self { table, keys: KeyCache::default(), limits: RequestLimits::default() }
    }

    /// Handles one request.
    pub async fn handle(&self, request: ApiGatewayV2httpRequest) -> ApiGatewayV2httpResponse {
        to_gateway(self.answer(&Request::new(request)).await)
    }

    async fn answer(&self, request: &Request) -> Result<Response, Problem> {
        let caller = authenticate(&self.table, &self.keys, request, Operation::Apply, System.now()).await?;
        let store = self.table.of(&caller.key.tenant_id);
        let run = async |limited: &LimitedRequest<'_>, seed: Seed| {
            Self::apply(&store, &caller, limited, request, seed).await.map(|reply| reply.documented_by(doc))
        };
        Ok(serve(&store, &System, &self.limits, &caller, Operation::Apply, request, run).await)
    }

    async fn apply(
        store: &TenantStore,
        Caller { key, tenant }: &Caller,
        limited: &LimitedRequest<'_>,
        request: &Request,
        seed: Seed,
    ) -> EndpointResult<view::ApplyAnswer> {
        if key.scope == KeyScope::Storefront && request.bytes(MAX_STOREFRONT_BODY).is_err() {
            return Err(Problem::too_large_for_storefront(MAX_STOREFRONT_BODY));
        }
        let checkout = request.body(|body| input::read(body, Checkout::read))?;
        let checkout = match key.scope {
            KeyScope::Storefront => checkout.with_unverified_customer(),
            KeyScope::Server | KeyScope::Admin => checkout,
        };
        if let Some(customer) = &checkout.customer {
            limited.by_customer(customer)?;
        }
        if checkout.hold.is_some() && key.scope == KeyScope::Storefront {
            return Err(Problem::forbidden_member("/hold", "server"));
        }
        let now = System.now();
        let token = checkout.application_token.clone();
        let token = token.unwrap_or_else(|| ApplicationToken::new(&tenant.secret, seed.bits));
        let applicant = Applicant { secret: &tenant.secret, maker: key.scope.maker(), token: &token };
        let applied = apply(store, &checkout, &applicant, now, &CorrelationId::new(&request.id)).await;
        let applied = applied.map_err(|error| Problem::of_failure(&error))?;
        let applied = applied.ok_or_else(Problem::application_token_required)?;
        let told = |rejection: Rejection| match key.scope {
            KeyScope::Storefront => rejection.for_storefront(),
            KeyScope::Server | KeyScope::Admin => rejection,
        };
        let rejections = applied.iter().filter_map(|applied| applied.outcome.as_ref().err());
        limited.missed(rejections.filter(|rejected| told(rejected.rejection) == Rejection::CouponNotFound).count());
        for Applied { outcome, .. } in &applied {
            match outcome {
                Ok(application) => {
                    metrics::applied();
                    tracing::info!(tenant.id = %key.tenant_id, application.id = %application.id, coupon.id = %application.coupon_id, "Applied a code");
                }
                Err(rejection) => {
                    metrics::rejected(rejection.rejection.code());
                    tracing::info!(tenant.id = %key.tenant_id, rejection = rejection.rejection.code(), "Rejected an attempt to apply a code");
                }
            }
        }
        let problem_for = |rejection: &CodeRejection, backup: Option<&CouponCode>| -> Problem {
            match (key.scope, rejection.rejection.for_storefront()) {
                // The storefront must not learn that the coupon exists. Therefore leave out the
                // backup code as well.
                (KeyScope::Storefront, hidden) if hidden != rejection.rejection => hidden.into(),
                (KeyScope::Storefront, _) => Problem::of_storefront(rejection).with_backup(backup),
                (KeyScope::Server | KeyScope::Admin, _) => Problem::from(*rejection).with_backup(backup),
            }
        };
        match (&checkout.codes, &applied[..]) {
            (Codes::One(_), [Applied { outcome: Ok(application), .. }]) => {
                let own = view::OwnApplication::new(application, &applicant);
                Ok(Reply::json(200, &view::ApplyAnswer::One(Box::new(own))))
            }
            (Codes::One(_), [Applied { outcome: Err(rejection), backup, .. }]) => {
                Err(problem_for(rejection, backup.as_ref()))
            }
            _ => {
                let several = view::AppliedCodes::new(&checkout, &applied, &applicant, problem_for);
                Ok(Reply::json(200, &view::ApplyAnswer::Several(several)))
            }
        }
    }
}
