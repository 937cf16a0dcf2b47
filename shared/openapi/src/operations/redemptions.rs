//! Redemptions.

use serde_json::json;

use super::{DELIVERABLE, page};
use crate::entry::Entry;
use crate::parameters::{day, filter};
use crate::requests::code;
use crate::{samples, schema};

const TAG: &str = "Purchases";

pub(crate) fn list() -> Entry {
    let text = || json!({"type": "string"});
    let filters = vec![
        filter("coupon_id", "Of this coupon.", schema("CouponId")),
        filter("code", "By this code.", code()),
        filter("order_id", "For this order.", text()),
        filter("customer_email", "By the customer with this address.", json!({"type": "string", "format": "email"})),
        filter("customer_id", "By the customer with this id of the shop's.", text()),
    ];
    Entry::new(TAG, "List redemptions", 200, "RedemptionRecordPage", page(samples::redemption_record()))
        .described("Those that have their number, whether they stand or were given back.")
        .list(filters)
        .rule("?customer_email", DELIVERABLE)
}

pub(crate) fn read() -> Entry {
    Entry::new(TAG, "Read a redemption", 200, "RedemptionRecord", samples::redemption_record()).of("RedemptionId")
}

pub(crate) fn roll_back() -> Entry {
    Entry::new(TAG, "Give a redemption back", 200, "RedemptionRecord", samples::rolled_back())
        .described(
            "Once, however often it is reported. Whether it may be redeemed again is up to the coupon's `release_on`; of a \
             coupon that is expired or deleted, nothing is. Where the coupon was full, giving a redemption back to use begins a \
             new limit epoch: the coupon opens again, and `CouponLimitReached` and every threshold fire once more when they \
             are reached again. Of several codes on one order each is given back by itself; `total` stays what the customer \
             had paid. Without a body, the order was cancelled.",
        )
        .of("RedemptionId")
        .body("RollbackInput", false, &[("refund", json!({"reason": "refunded"}))])
}

pub(crate) fn billing_discount() -> Entry {
    let parameters = vec![
        day("billing_date", "When the payment is due.", true),
        day("subscription_started_on", "When the subscription started; without it, the day of the redemption.", false),
    ];
    Entry::new(
        TAG,
        "What a subscription's payment is discounted by",
        200,
        "BillingDiscount",
        samples::billing_discount(),
    )
    .described(
        "By the terms as they were when the code was redeemed. `repeating` counts calendar months from the start, not \
             payments. Where several codes were redeemed on the order, a later payment is priced with those whose duration \
             covers its day and that were not given back, in the order of the list, on the recurring products; ask for each \
             redemption, and add the amounts up.",
    )
    .of("RedemptionId")
    .takes(parameters)
    .rule("?billing_date", "is not before the subscription's start")
}
