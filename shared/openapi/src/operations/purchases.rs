//! Applications and redemptions.

use couponflow_domain::rejection::Rejection;
use couponflow_http::Operation;
use serde_json::json;

use crate::entry::Entry;
use crate::samples;

const TAG: &str = "Purchases";
const WORTH: &str = "the lines of an order are worth at most 1000000000000 minor units together";
const EMAIL: &str = "an e-mail address is one that mail can be sent to";

pub(crate) fn apply() -> Entry {
    Entry::new(TAG, "Apply a code to an order", 200, "Application", samples::application())
        .described(
            "Prices the order and records the application. Never consumes a redemption. Applying the same code to the \
             same order again replaces the application. Keys of the scope `storefront` are not told apart a code that \
             is unknown, paused, not started or not for these products.",
        )
        .body("PurchaseInput", true, &[("hold_for_15_minutes", samples::purchase())])
        .rule(WORTH)
        .rule(EMAIL)
        .refuses(Rejection::ALL)
        .link(Operation::ReadApplication, "/id")
        .link(Operation::RemoveApplication, "/id")
}

pub(crate) fn remove_application() -> Entry {
    Entry::without_answer(TAG, "Take a code off its order", 204)
        .described("Releases the hold that the application has.")
        .of("ApplicationId")
}

pub(crate) fn read_application() -> Entry {
    Entry::new(TAG, "Read an application", 200, "Application", samples::application()).of("ApplicationId")
}

pub(crate) fn redeem() -> Entry {
    let by_application = json!({"application_id": samples::application()["id"], "order": samples::purchase()["order"]});
    Entry::new(TAG, "Redeem a code for a paid order", 201, "Redemption", samples::redemption())
        .described(
            "Consumes one redemption, once per coupon and order however often it is asked for. The order is priced anew.",
        )
        .body("RedeemInput", true, &[("by_code", samples::redeem()), ("by_application", by_application)])
        .rule(WORTH)
        .rule(EMAIL)
        .rule("`application_id` names an application for this order")
        .refuses(Rejection::ALL)
        .link(Operation::ReadRedemption, "/id")
        .link(Operation::RollBackRedemption, "/id")
}

pub(crate) fn read_redemption() -> Entry {
    Entry::new(TAG, "Read a redemption", 200, "RedemptionRecord", samples::redemption_record()).of("RedemptionId")
}

pub(crate) fn roll_back() -> Entry {
    Entry::new(TAG, "Give a redemption back", 200, "RedemptionRecord", samples::rolled_back())
        .described(
            "Once, however often it is reported. Whether it may be redeemed again is up to the coupon's `release_on`. \
             Without a body, the order was cancelled.",
        )
        .of("RedemptionId")
        .body("RollbackInput", false, &[("refund", json!({"reason": "refunded"}))])
}
