//! `GET /v1/redemptions/{id}/billing-discount`

use chrono::NaiveDate;
use couponflow_app::purchases::billing::billing_discount;
use couponflow_app::purchases::ports::PurchaseStore as _;
use couponflow_domain::kernel::ids::RedemptionId;
use couponflow_domain::purchases::pricing::PricedDiscount;
use couponflow_domain::purchases::{self, Billing, Undiscounted};
use couponflow_http::doc::parameters::day;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Problem, Reply};
use schemars::JsonSchema;
use serde::Serialize;

use crate::call::Call;
use crate::reply::failure;

/// Discount of one redemption on one payment of a subscription.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct BillingDiscount {
    /// Id of the redemption.
    redemption_id: RedemptionId,
    /// Date on which the payment is due.
    billing_date: NaiveDate,
    /// Whether the payment is discounted.
    discounted: bool,
    /// The discount. Null if the payment is not discounted.
    discount: Option<PricedDiscount>,
    /// Reason why the payment is not discounted. Null if the payment is discounted.
    reason: Option<Undiscounted>,
    /// First day after the duration of the discount. Null if the discount never ends.
    ends_on: Option<NaiveDate>,
}

impl BillingDiscount {
    fn new(redemption: &purchases::Redemption, billing_date: NaiveDate, billing: &purchases::BillingDiscount) -> Self {
        let (discount, reason) = match &billing.discount {
            Ok(discount) => (Some(discount.clone()), None),
            Err(reason) => (None, Some(*reason)),
        };
        Self {
            redemption_id: redemption.id.clone(),
            billing_date,
            discounted: discount.is_some(),
            discount,
            reason,
            ends_on: billing.ends_on,
        }
    }
}

/// Response with the discount on the first payment of a subscription.
fn example() -> BillingDiscount {
    let redemption = samples::purchases::a_redemption();
    let started_on = redemption.started_on();
    let billing = Billing { date: started_on, subscription_started_on: None };
    let discount = billing.discount_on(&redemption, &[]).expect("the first payment is discounted");
    BillingDiscount::new(&redemption, started_on, &discount)
}

pub(crate) fn doc() -> OperationDoc<BillingDiscount> {
    let parameters = vec![
        day("billing_date", "Date on which the payment is due.", true),
        day(
            "subscription_started_on",
            "Date on which the subscription started. Default: the day of the redemption.",
            false,
        ),
    ];
    OperationDoc::json(tags::PURCHASES, "Read the discount of a subscription payment", 200, example())
        .description(
            "Uses the terms at the time of the redemption. If the coupon's `duration` is `repeating`, \
             `duration_in_months` counts calendar months from the start of the subscription, not payments. The \
             payment on the start day is the order itself. Each payment after the start day (a later payment) \
             contains only the recurring products of the order. If one request redeemed several codes, their \
             discounts on a later payment are computed one after another, in the sequence of the redeem request. A \
             code does not apply if its redemption was rolled back, or if its duration does not cover the billing \
             date. For the total discount of a payment, request the discount of each redemption and add up the \
             amounts.",
        )
        .path_id("RedemptionId")
        .query_parameters(parameters)
        .rule("?billing_date", "must not be before the start of the subscription")
}

/// Returns the discount of one redemption on one payment of the subscription.
pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<BillingDiscount> {
    let request = call.request;
    request.only(&["billing_date", "subscription_started_on"])?;
    let id = call.id(RedemptionId::parse, "redemption")?;
    let required = || Problem::invalid_parameter("billing_date", "is required: a day, such as 2026-12-01");
    let billing_date = request.day("billing_date")?.ok_or_else(required)?;
    let started_on = request.day("subscription_started_on")?;
    let redemption = call.store.redemption(&id).await.map_err(failure)?;
    let redemption = redemption.ok_or_else(|| Problem::not_found("redemption"))?;
    let billing = Billing { date: billing_date, subscription_started_on: started_on };
    match billing_discount(call.store, &redemption, &billing).await.map_err(failure)? {
        Some(discount) => Ok(Reply::json(200, &BillingDiscount::new(&redemption, billing_date, &discount))),
        None => {
            let started_on = billing.started_on(&redemption);
            let detail = format!("must not be before the subscription's start on {started_on}");
            Err(Problem::invalid_parameter("billing_date", &detail))
        }
    }
}
