//! What a storefront asks of apply and redeem, and what it is answered.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::code::CouponCode;
use crate::customer::Customer;
use crate::digest::{bits80, key80};
use crate::ids::{ApplicationId, CouponId, RedemptionId};
use crate::input::{Errors, Field};
use crate::money::Money;
use crate::order::Order;
use crate::pricing::PricedDiscount;

/// A code for an order, perhaps of a known customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// The code as the customer typed it, folded.
    pub code: CouponCode,
    /// Absent for an anonymous cart.
    pub customer: Option<Customer>,
    /// What is bought.
    pub order: Order,
    /// Where the order came from, such as `funnel`.
    pub source: Option<String>,
    /// For how long apply is to reserve a redemption; redeeming has no use for it.
    pub hold: Option<TimeDelta>,
}

/// A redemption reserved for an application, until it is redeemed, released, or runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Hold {
    /// From this instant on it is not reserved any more.
    pub expires_at: DateTime<Utc>,
}

/// The longest hold: a day.
const LONGEST_HOLD_SECONDS: i64 = 86_400;

fn read_hold(field: &Field<'_>, errors: &mut Errors) -> Option<TimeDelta> {
    field.object(&["ttl_seconds"], errors)?;
    field.get("ttl_seconds").integer(1..=LONGEST_HOLD_SECONDS, errors).map(TimeDelta::seconds)
}

/// The body of `POST /v1/redeem`: a purchase, or an application of it with the order as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedeemRequest {
    /// By code.
    Code(Purchase),
    /// By application: code, customer and source are taken from there.
    Application {
        /// The application.
        application_id: ApplicationId,
        /// The order as paid; it is priced anew.
        order: Order,
    },
}

impl Purchase {
    /// Reads and checks the body of `POST /v1/apply`.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["code", "customer", "order", "source", "hold"], errors)?;
        let code = field.get("code").parse(CouponCode::parse, errors);
        let customer = field.get("customer").optional(errors, Customer::read);
        let order = Order::read(&field.get("order"), errors);
        let source = field.get("source").optional(errors, |field, errors| field.text(1..=50, errors));
        let hold = field.get("hold").optional(errors, read_hold);
        let source = source?.map(str::to_owned);
        Some(Self { code: code?, customer: customer?, order: order?, source, hold: hold? })
    }
}

impl RedeemRequest {
    /// Reads and checks the body of `POST /v1/redeem`.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        if field.get("application_id").is_absent() {
            return Purchase::read(field, errors).map(Self::Code);
        }
        field.object(&["application_id", "order"], errors)?;
        let application_id = field.get("application_id").parse(ApplicationId::parse, errors);
        let order = Order::read(&field.get("order"), errors);
        Some(Self::Application { application_id: application_id?, order: order? })
    }
}

/// A code applied to an order: a price, not a promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Its id: one per coupon and order.
    pub id: ApplicationId,
    /// The coupon.
    pub coupon_id: CouponId,
    /// Its code.
    pub code: CouponCode,
    /// For whom.
    pub customer: Option<Customer>,
    /// To what.
    pub order: Order,
    /// Where the order came from.
    pub source: Option<String>,
    /// What it takes off.
    pub discount: PricedDiscount,
    /// When the order was first given this price.
    pub created_at: DateTime<Utc>,
    /// The redemption that is reserved for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
}

/// A redemption: one permitted use, consumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redemption {
    /// Its id. A coupon and an order have one redemption that stands; one that was given back keeps its id.
    pub id: RedemptionId,
    /// The coupon.
    pub coupon_id: CouponId,
    /// Its code.
    pub code: CouponCode,
    /// By whom.
    pub customer: Option<Customer>,
    /// For what.
    pub order: Order,
    /// Where the order came from.
    pub source: Option<String>,
    /// What it took off.
    pub discount: PricedDiscount,
    /// When it was committed.
    pub created_at: DateTime<Utc>,
    /// The how-many-eth of the coupon's redemptions it is; given by the order of commits, a moment after the commit.
    pub redemption_number: Option<i64>,
    /// That it was given back; none while it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<Rollback>,
}

/// Why a redemption is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RollbackReason {
    /// The order was never paid.
    PaymentFailed,
    /// The order was cancelled.
    OrderCancelled,
    /// The order was paid back.
    Refunded,
}

impl RollbackReason {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::PaymentFailed, Self::OrderCancelled, Self::Refunded];

    /// # Errors
    /// For anything but the three names.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match text {
            "payment_failed" => Ok(Self::PaymentFailed),
            "order_cancelled" => Ok(Self::OrderCancelled),
            "refunded" => Ok(Self::Refunded),
            _ => Err("must be \"payment_failed\", \"order_cancelled\" or \"refunded\""),
        }
    }

    /// Reads and checks the body of a rollback. Where it gives no reason, the order was cancelled.
    pub fn read(field: &Field<'_>, errors: &mut Errors) -> Option<Self> {
        field.object(&["reason"], errors)?;
        let reason = field.get("reason").optional(errors, |field, errors| field.parse(Self::parse, errors));
        reason.map(|reason| reason.unwrap_or(Self::OrderCancelled))
    }
}

/// That a redemption was given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Rollback {
    /// Why.
    pub reason: RollbackReason,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether it may be redeemed again: the coupon's release policy says for which reasons.
    pub released: bool,
}

/// What makes an application or a redemption the same one: the coupon and the order.
fn nature<'a>(coupon_id: &'a CouponId, order_id: &'a str) -> [&'a str; 2] {
    [coupon_id.as_str(), order_id]
}

/// The storage key of the application or redemption of a coupon for an order; equals [`ApplicationId::key`] and
/// [`RedemptionId::key`].
pub fn purchase_key(coupon_id: &CouponId, order_id: &str) -> String {
    key80(&nature(coupon_id, order_id))
}

impl Application {
    /// A priced purchase as an application.
    pub fn new(coupon_id: CouponId, purchase: Purchase, discount: PricedDiscount, now: DateTime<Utc>) -> Self {
        let Purchase { code, customer, order, source, hold } = purchase;
        let id = ApplicationId::new(now, bits80(&nature(&coupon_id, &order.id)));
        let hold = hold.map(|ttl| Hold { expires_at: now + ttl });
        Self { id, coupon_id, code, customer, order, source, discount, created_at: now, hold }
    }

    /// What the order costs with the discount.
    pub fn total(&self) -> Money {
        Money::new(self.order.value().amount - self.discount.amount, self.order.currency)
    }

    /// The hold, while it runs.
    pub fn running_hold(&self, now: DateTime<Utc>) -> Option<Hold> {
        self.hold.filter(|hold| now < hold.expires_at)
    }

    /// Two applications of a coupon to an order with the same fingerprint have the same price.
    pub fn fingerprint(&self) -> String {
        key80(&[&serde_json::json!([self.order.value(), self.discount]).to_string()])
    }
}

impl Redemption {
    /// A priced purchase as a redemption.
    pub fn new(coupon_id: CouponId, purchase: Purchase, discount: PricedDiscount, now: DateTime<Utc>) -> Self {
        let Purchase { code, customer, order, source, hold: _ } = purchase;
        let id = RedemptionId::new(now, bits80(&nature(&coupon_id, &order.id)));
        let (redemption_number, rollback) = (None, None);
        Self { id, coupon_id, code, customer, order, source, discount, created_at: now, redemption_number, rollback }
    }

    /// What the order cost with the discount.
    pub fn total(&self) -> Money {
        Money::new(self.order.value().amount - self.discount.amount, self.order.currency)
    }
}

/// How long an application is kept after it was made.
pub const APPLICATION_KEPT: TimeDelta = TimeDelta::days(400);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input;
    use serde_json::json;

    #[test]
    fn a_redemption_is_asked_for_by_code_or_by_application() {
        let order =
            json!({"id": "o1", "currency": "USD", "lines": [{"product_id": "p", "quantity": 1, "unit_amount": 5}]});
        let by_code = json!({"code": "flash20", "order": order});
        assert!(matches!(input::read(&by_code, RedeemRequest::read), Ok(RedeemRequest::Code(_))));
        let id = ApplicationId::new(DateTime::UNIX_EPOCH, [3; 10]);
        let by_application = json!({"application_id": id, "order": order});
        let read = input::read(&by_application, RedeemRequest::read);
        assert!(matches!(read, Ok(RedeemRequest::Application { .. })));
        let both = json!({"application_id": id, "order": order, "code": "flash20"});
        assert_eq!(input::read(&both, RedeemRequest::read).unwrap_err()[0].pointer, "/code");
    }
}
