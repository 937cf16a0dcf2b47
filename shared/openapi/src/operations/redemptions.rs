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
        "Newest first, including redemptions that were rolled back. A new redemption appears in the list when its \
             `redemption_number` is assigned, shortly after the redeem request.",
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
            "Idempotent: repeated requests roll back only once. The redemption becomes available again if the coupon's \
             `release_on` contains the reason and the coupon is neither expired nor deleted. Later changes of the \
             coupon do not change the result of the rollback. If a used-up coupon becomes available again, a new limit \
             epoch begins. In the new epoch, `CouponLimitReached` and `CouponThresholdReached` are published again \
             when the limit and the thresholds are reached. If several codes were redeemed on one order, roll back \
             each redemption individually. A rollback does not change `total`, the amount that the customer paid. \
             Without a body, the reason is `order_cancelled`.",
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
         subscription, not payments. Later payments include only the recurring products of the order. If several codes \
         were redeemed for one purchase, they apply to a later payment in the same sequence as in the redeem request. \
         A code does not apply if its redemption was rolled back, or if its duration does not cover the billing date. \
         Request the discount of each redemption and add up the amounts.",
    )
    .path_id("RedemptionId")
    .query_parameters(parameters)
    .rule("?billing_date", "must not be before the start of the subscription")
}
