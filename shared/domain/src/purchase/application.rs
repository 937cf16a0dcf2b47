//! Applications and holds.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{AbandonmentWindow, Purchase, identity_parts};
use crate::code::CouponCode;
use crate::coupon::{Coupon, CouponValue};
use crate::customer::Customer;
use crate::decision::Price;
use crate::digest::{bits80, key80};
use crate::ids::{ApplicationId, CouponId};
use crate::money::Money;
use crate::order::Order;
use crate::pricing::PricedDiscount;

/// How long an application is kept after it was made.
pub const APPLICATION_KEPT: TimeDelta = TimeDelta::days(400);

/// A redemption reserved for an application, until it is redeemed, released, or runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Hold {
    /// From this instant on it is not reserved any more.
    pub expires_at: DateTime<Utc>,
}

/// A code applied to an order: a price, not a promise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Its id: one per coupon and order.
    pub id: ApplicationId,
    /// The coupon.
    pub coupon_id: CouponId,
    /// The code.
    pub code: CouponCode,
    /// Whether it is good for one redemption only.
    #[serde(default)]
    pub is_unique_code: bool,
    /// For whom.
    pub customer: Option<Customer>,
    /// To what.
    pub order: Order,
    /// Where the order came from.
    pub source: Option<String>,
    /// Percent, or the amount in the order's currency.
    pub value: CouponValue,
    /// Minor units that the codes before it on the same order take off.
    pub discounted_before: i64,
    /// Minor units that the codes after it on the same order take off.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub discounted_after: i64,
    /// What it takes off.
    pub discount: PricedDiscount,
    /// When the order was first given this price.
    pub created_at: DateTime<Utc>,
    /// The redemption that is reserved for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
    /// When it counts as abandoned, if it is not redeemed before; none where the coupon has no abandonment window.
    #[serde(skip)]
    pub abandonment: Option<AbandonmentWindow>,
}

impl Application {
    /// A priced purchase as an application.
    pub fn new(coupon: &Coupon, purchase: Purchase, price: Price, now: DateTime<Utc>) -> Self {
        let Purchase { code, customer, order, source, hold } = purchase;
        let Price { value, maximum: _, discounted_before, discount, later: _ } = price;
        Self {
            id: ApplicationId::new(now, bits80(&identity_parts(&coupon.id, &order.id))),
            coupon_id: coupon.id.clone(),
            is_unique_code: code != coupon.terms.code,
            code,
            customer,
            order,
            source,
            value,
            discounted_before,
            discounted_after: 0,
            discount,
            created_at: now,
            hold: hold.map(|ttl| Hold { expires_at: now + ttl }),
            abandonment: coupon.terms.abandonment_window.map(|window| AbandonmentWindow::new(now, window)),
        }
    }

    /// The same beside the codes after it, where all codes of the order take off `taken` minor units.
    #[must_use]
    pub fn among(self, taken: i64) -> Self {
        Self { discounted_after: taken - self.discounted_before - self.discount.amount, ..self }
    }

    /// What the order costs after all codes.
    pub fn total(&self) -> Money {
        Money::new(self.total_after_code().amount - self.discounted_after, self.order.currency)
    }

    /// What the order costs after this code and those before it.
    pub fn total_after_code(&self) -> Money {
        Money::new(self.order.value().amount - self.discounted_before - self.discount.amount, self.order.currency)
    }

    /// The hold, while it runs.
    pub fn running_hold(&self, now: DateTime<Utc>) -> Option<Hold> {
        self.hold.filter(|hold| now < hold.expires_at)
    }

    /// Two applications of a coupon to an order with the same fingerprint are by the same code, and have the same price:
    /// discount and total. Which of the other codes come before it makes no difference.
    pub fn fingerprint(&self) -> String {
        let by_others = self.discounted_before + self.discounted_after;
        key80(&[&serde_json::json!([self.code, self.order.value(), by_others, self.discount]).to_string()])
    }
}

/// Leaves an amount out of what is stored where there is none.
pub(super) fn is_zero(amount: &i64) -> bool {
    *amount == 0
}
