//! Views of applications, redemptions and discounts on subscription payments.

use chrono::NaiveDate;
use couponflow_app::purchases::apply::Applied;
use couponflow_app::purchases::code_rejection::CodeRejection;
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::kernel::money::Money;
use couponflow_domain::purchases::order::Order;
use couponflow_domain::purchases::{Application, BillingDiscount, Checkout, Redemption};
use serde_json::{Value, json};

use crate::problem::Problem;

/// Represents an application in the answer of apply.
pub fn application(application: &Application) -> Value {
    json!({
        "id": application.id,
        "coupon_id": application.coupon_id,
        "code": application.code,
        "order_id": application.order.id,
        "order_value": application.order.value(),
        "discount": application.discount,
        "total": application.total(),
        "total_after_code": application.total_after_code(),
        "hold": application.hold,
        "created_at": application.created_at,
    })
}

/// Represents the outcomes of several codes on one order, in request order. `rejected` creates the problem of a
/// rejection.
pub fn applied(
    checkout: &Checkout,
    applied: &[Applied],
    rejected: impl Fn(&CodeRejection, Option<&CouponCode>) -> Problem,
) -> Value {
    let results: Vec<Value> = applied
        .iter()
        .map(|Applied { code, outcome, backup }| match outcome {
            Ok(of_code) => json!({"code": code, "status": "applied", "application": application(of_code)}),
            Err(rejection) => json!({"code": code, "status": "rejected", "rejection": rejected(rejection, backup.as_ref()).answer().body}),
        })
        .collect();
    let discounts = applied.iter().filter_map(|applied| applied.outcome.as_ref().ok()).map(|a| a.discount.amount);
    let mut view = order(&checkout.order, discounts.sum());
    view["results"] = json!(results);
    view
}

/// Represents an order with its total discount.
fn order(order: &Order, discount: i64) -> Value {
    let value = order.value();
    json!({
        "order_id": order.id,
        "order_value": value,
        "discount": Money::new(discount, order.currency),
        "total": Money::new(value.amount - discount, order.currency),
    })
}

/// Represents the redemptions of several codes on one order, in request order.
pub fn redemptions(redemptions: &[Redemption]) -> Value {
    let Some(first) = redemptions.first() else { return json!({"redemptions": []}) };
    let mut view = order(&first.order, redemptions.iter().map(|redemption| redemption.discount.amount).sum());
    view["redemptions"] = redemptions.iter().map(redemption).collect();
    view
}

/// Represents a redemption in the answer of redeem.
pub fn redemption(redemption: &Redemption) -> Value {
    json!({
        "id": redemption.id,
        "coupon_id": redemption.coupon_id,
        "code": redemption.code,
        "order_id": redemption.order.id,
        "order_value": redemption.order.value(),
        "discount": redemption.discount,
        "total": redemption.total(),
        "total_after_code": redemption.total_after_code(),
        "status": if redemption.rollback.is_some() { "rolled_back" } else { "redeemed" },
        "created_at": redemption.created_at,
    })
}

/// Represents a redemption in the answers of list and read operations. Adds details such as the
/// sequence number and the customer.
pub fn redemption_record(record: &Redemption) -> Value {
    let mut view = redemption(record);
    view["redemption_number"] = json!(record.redemption_number);
    view["customer"] = json!(record.customer);
    view["source"] = json!(record.source);
    view["subscription"] = json!(record.subscription);
    view["rollback"] = json!(record.rollback);
    view
}

/// Represents the discount on the payment that is due on a billing date.
pub fn billing_discount(redemption: &Redemption, billing_date: NaiveDate, billing: &BillingDiscount) -> Value {
    let (discount, reason) = match &billing.discount {
        Ok(discount) => (Some(discount), None),
        Err(reason) => (None, Some(reason)),
    };
    json!({
        "redemption_id": redemption.id,
        "billing_date": billing_date,
        "discounted": discount.is_some(),
        "discount": discount,
        "reason": reason,
        "ends_on": billing.ends_on,
    })
}
