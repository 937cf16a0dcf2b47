//! Applications and holds. An application records that a code was applied to an order, and at what
//! price. A hold reserves a redemption for an application for a limited time.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::{AbandonmentWindow, ApplicationOwner, Purchase};
use crate::coupons::code::CouponCode;
use crate::coupons::coupon::{Coupon, CouponValue};
use crate::kernel::digest::{Bits80, key80};
use crate::kernel::ids::{ApplicationId, CouponId};
use crate::kernel::money::Money;
use crate::purchases::customer::Customer;
use crate::purchases::decision::Price;
use crate::purchases::order::Order;
use crate::purchases::pricing::PricedDiscount;
use crate::tenants::secret::TenantSecret;

/// How long an application is kept after its creation.
pub const APPLICATION_RETENTION: TimeDelta = TimeDelta::days(400);

/// Reservation of a redemption for an application. A hold ends when the application is redeemed, or
/// when the hold is released or expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Hold {
    /// Instant from which the redemption is no longer reserved.
    pub expires_at: DateTime<Utc>,
}

/// A code that was applied to an order. An application has a price, but does not guarantee a
/// redemption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Id of the application. There is one application per coupon and order.
    pub id: ApplicationId,
    pub coupon_id: CouponId,
    pub code: CouponCode,
    pub is_unique_code: bool,
    pub customer: Option<Customer>,
    pub order: Arc<Order>,
    /// Origin of the order, such as `funnel`.
    pub source: Option<String>,
    /// Percentage, or amount in the order's currency.
    pub value: CouponValue,
    /// Discount of earlier codes on the same order, in minor units.
    pub discounted_before: i64,
    /// Discount of later codes on the same order, in minor units.
    pub discounted_after: i64,
    pub discount: PricedDiscount,
    /// Time at which this code and price were recorded for the order. Applying the code again at
    /// the same price does not change this time.
    pub created_at: DateTime<Utc>,
    pub hold: Option<Hold>,
    /// When the application counts as abandoned. `None` if the coupon has no abandonment window.
    pub abandonment: Option<AbandonmentWindow>,
    /// Who may replace or remove the application.
    pub owner: ApplicationOwner,
}

/// Returns the 80 bits of the id of a coupon's application to an order. The tenant's secret keys the bits, so that
/// others cannot compute them: coupon ids are in public responses, and order ids are often consecutive numbers.
pub fn application_bits(secret: &TenantSecret, coupon_id: &CouponId, order_id: &str) -> Bits80 {
    let mut bits = [0; 10];
    bits.copy_from_slice(&secret.digest(&["application", coupon_id.as_str(), order_id])[..10]);
    bits
}

/// Returns the storage key of a coupon's application to an order, which equals [`ApplicationId::key`] of its id.
pub fn application_key(secret: &TenantSecret, coupon_id: &CouponId, order_id: &str) -> String {
    ApplicationId::new(DateTime::UNIX_EPOCH, application_bits(secret, coupon_id, order_id)).key().to_owned()
}

impl Application {
    /// Creates an application from a priced purchase. The secret of the tenant keys the id.
    pub fn new(
        secret: &TenantSecret,
        owner: ApplicationOwner,
        coupon: &Coupon,
        purchase: Purchase,
        price: Price,
        now: DateTime<Utc>,
    ) -> Self {
        let Purchase { code, customer, order, source, hold } = purchase;
        let Price { value, maximum: _, discounted_before, discount, later: _ } = price;
        Self {
            id: ApplicationId::new(now, application_bits(secret, &coupon.id, &order.id)),
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
            owner,
        }
    }

    /// Returns the application with the discount of later codes. `taken` is the discount of all
    /// codes on the order together, in minor units.
    #[must_use]
    pub fn with_other_codes(self, taken: i64) -> Self {
        Self { discounted_after: taken - self.discounted_before - self.discount.amount, ..self }
    }

    /// Returns this application as a repetition of `stored`, an earlier application of the code to
    /// the same order at the same price. The result keeps the id and the creation time of `stored`,
    /// and restarts the abandonment window.
    ///
    /// If `is_abandoned` is true, the window does not restart, because an application is abandoned
    /// at most once.
    #[must_use]
    pub fn repeating(self, stored: &Self, is_abandoned: bool) -> Self {
        let abandonment = match (self.abandonment, stored.abandonment) {
            (_, kept) if is_abandoned => kept,
            (Some(window), Some(kept)) => Some(window.after(kept)),
            (window, None) | (window @ None, Some(_)) => window,
        };
        Self { id: stored.id.clone(), created_at: stored.created_at, abandonment, ..self }
    }

    /// Returns the price of the order after all codes.
    pub fn total(&self) -> Money {
        Money::new(self.total_after_code().amount - self.discounted_after, self.order.currency)
    }

    /// Returns the price of the order after this code and earlier codes.
    pub fn total_after_code(&self) -> Money {
        Money::new(self.order.value().amount - self.discounted_before - self.discount.amount, self.order.currency)
    }

    /// Returns the hold if it has not expired.
    pub fn running_hold(&self, now: DateTime<Utc>) -> Option<Hold> {
        self.hold.filter(|hold| now < hold.expires_at)
    }

    /// Returns a digest of code, discount and total. If two applications of a coupon to an order
    /// have equal fingerprints, they have the same code and price. The digest does not depend on
    /// the position among the other codes.
    pub fn fingerprint(&self) -> String {
        let by_others = self.discounted_before + self.discounted_after;
        key80(&[&serde_json::json!([self.code, self.order.value(), by_others, self.discount]).to_string()])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::coupons::coupon::Terms;
    use crate::kernel::input;
    use crate::purchases::decision::decide;
    use crate::purchases::pricing::Remainder;
    use crate::purchases::{Checkout, Maker};

    fn applied(second: i64) -> Application {
        let terms = json!({"code": "MEMBER20", "name": "n", "abandonment_window": "PT60S",
            "discount": {"type": "percentage", "percent_off": 20}});
        let terms = input::read(&terms, Terms::read).unwrap();
        let coupon = Coupon::new(CouponId::new(DateTime::UNIX_EPOCH, [1; 10]), terms, DateTime::UNIX_EPOCH);
        let purchase = json!({"code": "MEMBER20", "customer": {"id": "c1"}, "order": {"id": "o1", "currency": "USD",
            "lines": [{"product_id": "mug", "quantity": 1, "unit_amount": 5000}]}});
        let checkout = input::read(&purchase, Checkout::read).unwrap();
        let purchase = checkout.purchase(&checkout.codes.all()[0]);
        let now = at(second);
        let left = Remainder::of(&purchase.order);
        let price = decide(&coupon, &purchase.order, &left, purchase.customer.as_ref(), now).unwrap();
        let owner = ApplicationOwner { maker: Maker::Server, token: None };
        Application::new(&TenantSecret::new([[7; 10]; 4]), owner, &coupon, purchase, price, now)
    }

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    #[test]
    fn repeated_application_keeps_id_and_creation_time_and_restarts_the_window() {
        let stored = applied(0);
        let repeated = applied(40).repeating(&stored, false);
        assert_eq!((&repeated.id, repeated.created_at), (&stored.id, at(0)));
        let window = repeated.abandonment.unwrap();
        assert_eq!((window.active_at, window.due_at), (at(40), at(100)));
        assert_eq!(window.timer_at, at(60), "the existing timer is kept");
    }

    #[test]
    fn window_of_an_abandoned_application_does_not_restart() {
        let stored = applied(0);
        let repeated = applied(90).repeating(&stored, true);
        assert_eq!(repeated.abandonment, stored.abandonment);
    }

    #[test]
    fn current_window_of_the_coupon_is_used_if_stored_application_has_no_window() {
        let stored = Application { abandonment: None, ..applied(0) };
        assert_eq!(applied(40).repeating(&stored, false).abandonment, applied(40).abandonment);
        let without = Application { abandonment: None, ..applied(40) };
        assert_eq!(without.repeating(&applied(0), false).abandonment, None);
    }
}
