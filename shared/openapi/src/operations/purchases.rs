//! Apply and redeem.

use couponflow_domain::purchases::rejection::Rejection;
use couponflow_http::{Operation, ProblemCode};
use serde_json::{Value, json};
use strum::VariantArray as _;

use super::rules::EMAIL_RULE;
use crate::operation_doc::OperationDoc;
use crate::{samples, tags};

/// Rule for the total value of the order lines.
const ORDER_VALUE_RULE: &str = "must be worth at most 1000000000000 minor units in total";

fn several_codes() -> Value {
    let mut body = samples::purchase();
    if let Some(body) = body.as_object_mut() {
        body.remove("code");
    }
    body["codes"] = json!(["FLASH20", "WELCOME5"]);
    body
}

/// All rejections of a code.
fn rejections() -> impl Iterator<Item = Rejection> {
    Rejection::VARIANTS.iter().copied()
}

pub(crate) fn apply() -> OperationDoc {
    OperationDoc::new(tags::PURCHASES, "Apply codes to an order", 200, "Applied", samples::application())
        .example("several_codes", samples::applied())
        .description(
            "Prices the order and records the application. Applying a code never consumes a redemption. A `hold` \
             reserves a redemption and requires scope `server`. Applying the same code to the same order again \
             replaces the application. A key with scope `storefront` gets `coupon_not_found` for every code that is \
             unknown, paused, not started, or not for the products of the order. With `codes`, each code is accepted \
             or rejected individually, in the order of the list. Each code discounts the amount that remains after the \
             previous codes. The response has one result per code, and the `total` after all codes. A code that does \
             not reduce the price is rejected with `nothing_to_discount`. Exception: the only code of an order that \
             costs nothing is accepted. Each apply restarts the coupon's `abandonment_window`, even at the same price. \
             `CouponApplied` is published again only if the discount or the total changed.",
        )
        .body(
            "PurchaseInput",
            true,
            &[("hold_for_15_minutes", samples::purchase()), ("several_codes", several_codes())],
        )
        .rule("/order/lines", ORDER_VALUE_RULE)
        .rule("/customer/email", EMAIL_RULE)
        .rule("/codes", "must not contain a code twice")
        .fails_with(rejections())
        .fails_with([ProblemCode::InsufficientScope])
        .link(Operation::ReadApplication, "/id")
        .link(Operation::RemoveApplication, "/id")
}

pub(crate) fn redeem() -> OperationDoc {
    let by_application = json!({"application_id": samples::application()["id"], "order": samples::purchase()["order"]});
    OperationDoc::new(tags::PURCHASES, "Redeem codes for a paid order", 201, "Redeemed", samples::redemption())
        .example("several_codes", samples::redeemed())
        .description(
            "Consumes one redemption. Idempotent per coupon and order: repeated requests consume only one redemption. \
             The order is priced again. With `codes`, either all codes are redeemed or none. If no code is redeemed, \
             `rejections` lists every rejected code, including codes that do not reduce the price \
             (`nothing_to_discount`). Send all codes of an order in one request, because each code discounts the \
             amount that remains after the previous codes. Each redemption states the `total` after all codes. An \
             `application_id` refers to the coupon that was applied. If this coupon was deleted, the response is \
             `coupon_not_found`, even if another coupon now has the same code.",
        )
        .body(
            "RedeemInput",
            true,
            &[("by_code", samples::redeem()), ("by_application", by_application), ("several_codes", several_codes())],
        )
        .rule("/order/lines", ORDER_VALUE_RULE)
        .rule("/customer/email", EMAIL_RULE)
        .rule("/codes", "must not contain a code twice")
        .rule("/application_id", "must be the id of an application")
        .rule("/order/id", "must be the order id of the application")
        .fails_with(rejections())
        .link(Operation::ReadRedemption, "/id")
        .link(Operation::RollBackRedemption, "/id")
}
