//! Applications and holds.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::{AbandonmentWindow, Purchase, identity_parts};
use crate::coupons::code::CouponCode;
use crate::coupons::coupon::{Coupon, CouponValue};
use crate::kernel::digest::{bits80, key80};
use crate::kernel::ids::{ApplicationId, CouponId};
use crate::kernel::money::Money;
use crate::purchases::customer::Customer;
use crate::purchases::decision::Price;
use crate::purchases::order::Order;
use crate::purchases::pricing::PricedDiscount;

/// How long an application is kept after its creation.
pub const APPLICATION_RETENTION: TimeDelta = TimeDelta::days(400);

/// A redemption reserved for an application until it is redeemed, released or expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Hold {
    /// Instant from which the redemption is no longer reserved.
    pub expires_at: DateTime<Utc>,
}

/// A code applied to an order. It states a price but does not guarantee a redemption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Id of the application. There is one application per coupon and order.
    pub id: ApplicationId,
    pub coupon_id: CouponId,
    pub code: CouponCode,
    #[serde(default)]
    pub is_unique_code: bool,
    pub customer: Option<Customer>,
    pub order: Order,
    /// Origin of the order, such as `funnel`.
    pub source: Option<String>,
    /// Percentage, or amount in the order's currency.
    pub value: CouponValue,
    /// Minor units that earlier codes on the same order take off.
    pub discounted_before: i64,
    /// Minor units that later codes on the same order take off.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub discounted_after: i64,
    pub discount: PricedDiscount,
    /// When the order first got this price.
    pub created_at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Hold>,
    /// When the application counts as abandoned. `None` if the coupon has no abandonment window.
    #[serde(skip)]
    pub abandonment: Option<AbandonmentWindow>,
}

impl Application {
    /// Creates an application from a priced purchase.
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

    /// Returns the application with the discount of later codes set, where all codes of the order together take off
    /// `taken` minor units.
    #[must_use]
    pub fn with_other_codes(self, taken: i64) -> Self {
        Self { discounted_after: taken - self.discounted_before - self.discount.amount, ..self }
    }

    /// Returns the price of the order after all codes.
    pub fn total(&self) -> Money {
        Money::new(self.total_after_code().amount - self.discounted_after, self.order.currency)
    }

    /// Returns the price of the order after this code and the earlier ones.
    pub fn total_after_code(&self) -> Money {
        Money::new(self.order.value().amount - self.discounted_before - self.discount.amount, self.order.currency)
    }

    /// Returns the hold if it has not expired.
    pub fn running_hold(&self, now: DateTime<Utc>) -> Option<Hold> {
        self.hold.filter(|hold| now < hold.expires_at)
    }

    /// Returns a digest of code, discount and total. Two applications of a coupon to an order with equal fingerprints
    /// have the same code and price. The position among the other codes does not matter.
    pub fn fingerprint(&self) -> String {
        let by_others = self.discounted_before + self.discounted_after;
        key80(&[&serde_json::json!([self.code, self.order.value(), by_others, self.discount]).to_string()])
    }
}

/// Tells serde to omit an amount of zero.
pub(super) fn is_zero(amount: &i64) -> bool {
    *amount == 0
}
