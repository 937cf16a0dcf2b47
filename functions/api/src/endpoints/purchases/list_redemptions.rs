//! `GET /v1/redemptions`

use couponflow_app::purchases::ports::{PurchaseStore as _, RedemptionQuery};
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::kernel::ids::{CouponId, RedemptionId};
use couponflow_domain::purchases::customer::{Customer, Email};
use couponflow_domain::purchases::order::Order;
use couponflow_http::doc::parameters::filter;
use couponflow_http::doc::reference::schema;
use couponflow_http::doc::rules::EMAIL_RULE;
use couponflow_http::doc::{OperationDoc, samples, tags};
use couponflow_http::{EndpointResult, Page, Reply, view};
use serde_json::json;

use crate::call::Call;
use crate::reply::failure;

pub(crate) fn doc() -> OperationDoc<Page<view::RedemptionRecord>> {
    let filters = vec![
        filter("coupon_id", "Only redemptions of this coupon.", schema("CouponId")),
        filter("code", "Only redemptions of this code.", CouponCode::schema()),
        filter("order_id", "Only redemptions for this order.", Order::id_schema("The shop's id of the order.")),
        filter(
            "customer_email",
            "Only redemptions by the customer with this e-mail address.",
            json!({"type": "string", "format": "email"}),
        ),
        filter(
            "customer_id",
            "Only redemptions by the customer with this id in the shop.",
            Customer::id_schema("The shop's id of the customer."),
        ),
    ];
    OperationDoc::list(tags::PURCHASES, "List redemptions", samples::purchases::redemption_record(), filters)
        .description(
            "Newest first, including redemptions that were rolled back. A new redemption appears in the list after \
             its `redemption_number` was assigned, usually within seconds of the redeem request.",
        )
        .rule("?customer_email", EMAIL_RULE)
}

pub(crate) async fn handle(call: &Call<'_>) -> EndpointResult<Page<view::RedemptionRecord>> {
    let request = call.request;
    let query = RedemptionQuery {
        coupon_id: request.query_as("coupon_id", CouponId::parse)?,
        code: request.query_as("code", CouponCode::parse)?,
        order_id: request.query_as("order_id", Order::parse_id)?,
        customer_email: request.query_as("customer_email", Email::parse)?,
        customer_id: request.query_as("customer_id", Customer::parse_id)?,
    };
    let filters = ["coupon_id", "code", "order_id", "customer_email", "customer_id"];
    let page = request.page(RedemptionId::PREFIX, &filters)?;
    let page = call.store.redemptions(&query, &page).await.map_err(failure)?;
    Ok(Reply::stored_page(page, |redemption| view::RedemptionRecord::from(&redemption)))
}
