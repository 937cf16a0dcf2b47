//! `POST /v1/preview`

use couponflow_app::kernel::system::Clock as _;
use couponflow_app::purchases::apply::{Previewed, preview};
use couponflow_aws::system::System;
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::kernel::input;
use couponflow_domain::kernel::money::Money;
use couponflow_domain::purchases::Checkout;
use couponflow_domain::purchases::decision::Judgement;
use couponflow_domain::purchases::pricing::PricedDiscount;
use couponflow_http::doc::rules::{EMAIL_RULE, ORDER_VALUE_RULE};
use couponflow_http::doc::{OperationDoc, reference, samples, tags};
use couponflow_http::{EndpointResult, Problem, Reply};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::call::Call;
use crate::reply::failure;

/// Price of an order with codes that were not applied.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OrderPreview {
    /// The shop's id of the order.
    order_id: String,
    /// Value of the order before any discount.
    order_value: Money,
    /// Total discount of all accepted codes.
    discount: Money,
    /// Amount that the customer would pay after the discounts of all accepted codes.
    total: Money,
    /// One result per code, in the order of the request.
    results: Vec<PreviewedCode>,
}

/// What applying one code would give.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub(crate) enum PreviewedCode {
    /// Apply would accept the code.
    #[schemars(title = "AcceptedCode")]
    Accepted {
        /// The code.
        code: CouponCode,
        /// Id of the coupon.
        coupon_id: Option<CouponId>,
        /// Discount of this code.
        discount: PricedDiscount,
        /// Order total after this code and the codes that precede this code in the request.
        total_after_code: Money,
        /// Judgement of every term that the coupon has.
        terms: Vec<Judgement>,
    },
    /// Apply would reject the code.
    #[schemars(title = "UnacceptedCode")]
    Rejected {
        /// The code.
        code: CouponCode,
        /// Id of the coupon. Null if no coupon has the code.
        coupon_id: Option<CouponId>,
        /// The reason, as a problem document.
        #[schemars(schema_with = "problem")]
        rejection: Value,
        /// Judgement of every term that the coupon has. The first term with `held` false is the reason for the
        /// rejection.
        terms: Vec<Judgement>,
    },
}

fn problem(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::Schema::try_from(reference::schema("Problem")).unwrap_or_default()
}

impl OrderPreview {
    fn new(checkout: &Checkout, previewed: Vec<Previewed>) -> Self {
        let (value, currency) = (checkout.order.value(), checkout.order.currency);
        let left = |discount: i64| Money::new(value.amount - discount, currency);
        let discounts = previewed.iter().filter_map(|code| code.outcome.as_ref().ok());
        let discount: i64 = discounts.map(|price| price.discount.amount).sum();
        let result = |Previewed { code, coupon_id, outcome, backup, terms }: Previewed| match outcome {
            Ok(price) => {
                let total_after_code = left(price.discounted_before + price.discount.amount);
                PreviewedCode::Accepted { code, coupon_id, discount: price.discount, total_after_code, terms }
            }
            Err(rejection) => {
                let rejection = Problem::from(rejection).with_backup(backup.as_ref()).answer().body;
                PreviewedCode::Rejected { code, coupon_id, rejection, terms }
            }
        };
        Self {
            order_id: checkout.order.id.clone(),
            order_value: value,
            discount: Money::new(discount, currency),
            total: left(discount),
            results: previewed.into_iter().map(result).collect(),
        }
    }
}

pub(crate) fn doc() -> OperationDoc<OrderPreview> {
    let (checkout, previewed) = samples::purchases::previewed();
    OperationDoc::json(tags::PURCHASES, "Preview codes on an order", 200, OrderPreview::new(&checkout, previewed))
        .description(
            "Prices the order as `POST /v1/apply` does, and records nothing: no application, no rejected attempt, no \
             event and no hold. The body is that of apply; `hold` and `source` have no effect. Each code is accepted \
             or rejected individually, in the order of the request. `terms` has an entry for every term of the \
             coupon: whether the term permits the code, the value that the term requires, and the value of the order. \
             Apply stops at the first term that rejects the code. A preview also checks the terms after it. The terms \
             are in the order in which apply checks them, so the first term that rejects the code is the reason for \
             the rejection. A term that cannot be checked is omitted. A preview reserves nothing: by the time of the \
             redeem request, the coupon can be used up.",
        )
        .body(
            "PurchaseInput",
            true,
            &[("one_code", samples::purchases::purchase()), ("several_codes", samples::purchases::several_codes())],
        )
        .rule("/order/lines", ORDER_VALUE_RULE)
        .rule("/customer/email", EMAIL_RULE)
        .rule("/codes", "must not contain a code twice")
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<OrderPreview> {
    let checkout = call.request.body(|body| input::read(body, Checkout::read))?;
    let previewed = preview(call.store, &checkout, System.now()).await.map_err(failure)?;
    Ok(Reply::json(200, &OrderPreview::new(&checkout, previewed)))
}
