//! Applying and redeeming.

use couponflow_domain::rejection::Rejection;
use couponflow_http::{Operation, ProblemCode};
use serde_json::{Value, json};

use super::DELIVERABLE;
use crate::entry::Entry;
use crate::samples;

const TAG: &str = "Purchases";
const WORTH: &str = "are worth at most 1000000000000 minor units together";

fn several_codes() -> Value {
    let mut body = samples::purchase();
    if let Some(body) = body.as_object_mut() {
        body.remove("code");
    }
    body["codes"] = json!(["FLASH20", "WELCOME5"]);
    body
}

/// Why a code can be rejected. `too_many_attempts` is left out: nothing counts the attempts of one caller yet.
fn rejections() -> impl Iterator<Item = Rejection> {
    Rejection::ALL.iter().copied().filter(|rejection| *rejection != Rejection::TooManyAttempts)
}

pub(crate) fn apply() -> Entry {
    Entry::new(TAG, "Apply codes to an order", 200, "Applied", samples::application())
        .example("several_codes", samples::applied())
        .described(
            "Prices the order and records the application. Never consumes a redemption. A `hold` needs the scope `server`. Applying the same code to the \
             same order again replaces the application. Keys of the scope `storefront` are not told apart a code that \
             is unknown, paused, not started or not for these products. With `codes`, each is decided on its own, in the \
             order of the list, and priced on what those before it left of the order; the answer has a result for each, and \
             the `total` after all. A code that takes nothing off is refused with `nothing_to_discount`, unless it is the \
             only code of an order that costs nothing. Each apply restarts the coupon's `abandonment_window`, at the same \
             price too; `CouponApplied` fires again only where discount or total have changed.",
        )
        .body("PurchaseInput", true, &[("hold_for_15_minutes", samples::purchase()), ("several_codes", several_codes())])
        .rule("/order/lines", WORTH)
        .rule("/customer/email", DELIVERABLE)
        .rule("/codes", "has each code once")
        .fails_with(rejections())
        .fails_with([ProblemCode::InsufficientScope])
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
    Entry::new(TAG, "Redeem codes for a paid order", 201, "Redeemed", samples::redemption())
        .example("several_codes", samples::redeemed())
        .described(
            "Consumes one redemption, once per coupon and order however often it is asked for. The order is priced anew. \
             With `codes`, all are redeemed or none: a refusal lists every code that stands in the way, one that takes nothing \
             off (`nothing_to_discount`) among them. Send all codes of an order in one request: each is priced on what those \
             before it left, and states the `total` after all. An `application_id` names the coupon that was applied: where \
             that one was deleted, the answer is `coupon_not_found`, even if another coupon has its code by now.",
        )
        .body("RedeemInput", true, &[("by_code", samples::redeem()), ("by_application", by_application), ("several_codes", several_codes())])
        .rule("/order/lines", WORTH)
        .rule("/customer/email", DELIVERABLE)
        .rule("/codes", "has each code once")
        .rule("/application_id", "names an application")
        .rule("/order/id", "is that of the application")
        .fails_with(rejections())
        .link(Operation::ReadRedemption, "/id")
        .link(Operation::RollBackRedemption, "/id")
}
