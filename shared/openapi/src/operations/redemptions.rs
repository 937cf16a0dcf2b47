//! Redemptions: list, read, rollback and billing discount.

use serde_json::json;

use super::rules::EMAIL_RULE;
use crate::operation_doc::OperationDoc;
use crate::parameters::{day, filter};
use crate::reference::schema;
use crate::requests::code;
use crate::{list_page, samples, tags};

pub(crate) fn list() -> OperationDoc {
    let text = || json!({"type": "string"});
    let filters = vec![
        filter("coupon_id", "Only redemptions of this coupon.", schema("CouponId")),
        filter("code", "Only redemptions of this code.", code()),
        filter("order_id", "Only redemptions for this order.", text()),
        filter(
            "customer_email",
            "Only redemptions by the customer with this e-mail address.",
            json!({"type": "string", "format": "email"}),
        ),
        filter("customer_id", "Only redemptions by the customer with this shop id.", text()),
    ];
    OperationDoc::new(
        tags::PURCHASES,
        "List redemptions",
        200,
        "RedemptionRecordPage",
        list_page::example(samples::redemption_record()),
    )
    .description(
        "Newest first, including redemptions that were rolled back. A new redemption appears as soon as it has its \
             `redemption_number`.",
    )
    .list(filters)
    .rule("?customer_email", EMAIL_RULE)
}

pub(crate) fn read() -> OperationDoc {
    OperationDoc::new(tags::PURCHASES, "Read a redemption", 200, "RedemptionRecord", samples::redemption_record())
        .path_id("RedemptionId")
}

pub(crate) fn roll_back() -> OperationDoc {
    OperationDoc::new(tags::PURCHASES, "Roll back a redemption", 200, "RedemptionRecord", samples::rolled_back())
        .description(
            "Idempotent: repeated requests roll back only once. The coupon's `release_on` decides whether the \
             redemption becomes available again; if the coupon is expired or deleted, the redemption never becomes \
             available again. If the coupon was used up, a redemption that becomes available again starts a new \
             limit epoch: the coupon can be redeemed again, and `CouponLimitReached` and every threshold are \
             published once more when they are reached again. Several codes of one order are rolled back \
             individually; `total` remains the amount that the customer paid. Without a body, the reason is \
             `order_cancelled`.",
        )
        .path_id("RedemptionId")
        .body("RollbackInput", false, &[("refund", json!({"reason": "refunded"}))])
}

pub(crate) fn billing_discount() -> OperationDoc {
    let parameters = vec![
        day("billing_date", "Date on which the payment is due.", true),
        day(
            "subscription_started_on",
            "Date on which the subscription started. Default: the day of the redemption.",
            false,
        ),
    ];
    OperationDoc::new(
        tags::PURCHASES,
        "Read the discount of a subscription payment",
        200,
        "BillingDiscount",
        samples::billing_discount(),
    )
    .description(
        "Uses the terms at the time of the redemption. `repeating` counts calendar months from the start of the \
         subscription, not payments. If several codes were redeemed on the order, a later payment is priced with the \
         codes whose duration covers the billing date and that were not rolled back, in the order of the original \
         request, on the recurring products. Request the discount of each redemption and add up the amounts.",
    )
    .path_id("RedemptionId")
    .query_parameters(parameters)
    .rule("?billing_date", "must not be before the start of the subscription")
}
