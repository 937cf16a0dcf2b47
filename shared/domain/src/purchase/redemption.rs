//! Redemptions, and what they take off a subscription's later payments.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{Purchase, Rollback, redemption_bits};
use crate::code::CouponCode;
use crate::coupon::{Coupon, CouponValue, Duration};
use crate::customer::Customer;
use crate::decision::Price;
use crate::ids::{CouponId, RedemptionId};
use crate::money::Money;
use crate::order::Order;
use crate::pricing::PricedDiscount;

/// A redemption: one permitted use, consumed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redemption {
    /// Its id. A coupon and an order, or a unique code, have one redemption that stands; one that was given back keeps its
    /// id.
    pub id: RedemptionId,
    /// The coupon.
    pub coupon_id: CouponId,
    /// The code.
    pub code: CouponCode,
    /// Whether it is good for one redemption only.
    #[serde(default)]
    pub is_unique_code: bool,
    /// By whom.
    pub customer: Option<Customer>,
    /// For what.
    pub order: Order,
    /// Where the order came from.
    pub source: Option<String>,
    /// Percent, or the amount in the order's currency.
    pub value: CouponValue,
    /// Minor units that the codes before it on the same order took off.
    pub discounted_before: i64,
    /// What it took off.
    pub discount: PricedDiscount,
    /// What it does to the subscription that the order began, where it began one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<Subscription>,
    /// When it was committed.
    pub created_at: DateTime<Utc>,
    /// The how-many-eth of the coupon's redemptions it is; given by the order of commits, a moment after the commit.
    pub redemption_number: Option<i64>,
    /// That it was given back; none while it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<Rollback>,
}

/// A discounted subscription, by the terms as they were when the code was redeemed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Subscription {
    /// For how long it is discounted.
    #[serde(flatten)]
    pub duration: Duration,
    /// The day of the redemption, in the coupon's time zone.
    pub started_on: NaiveDate,
    /// What a later payment is discounted by.
    pub discount: PricedDiscount,
}

/// What the payment of one billing date is discounted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillingDiscount {
    /// The discount, or why there is none.
    pub discount: Result<PricedDiscount, Undiscounted>,
    /// The first day that is not discounted any more; none where the discount is for ever.
    pub ends_on: Option<NaiveDate>,
}

/// Why a payment is not discounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Undiscounted {
    /// The redemption was given back.
    RolledBack,
    /// The order had no recurring product that the coupon applies to.
    NotRecurring,
    /// The coupon's duration is over.
    DurationOver,
}

impl Redemption {
    /// A priced purchase as a redemption.
    pub fn new(coupon: &Coupon, purchase: Purchase, price: Price, now: DateTime<Utc>) -> Self {
        let Purchase { code, customer, order, source, hold: _ } = purchase;
        let Price { value, discounted_before, discount, later } = price;
        let (duration, zone) = (coupon.terms.duration, &coupon.terms.time_zone);
        let started_on = zone.as_ref().map_or(now.date_naive(), |zone| zone.date(now));
        Self {
            id: RedemptionId::new(now, redemption_bits(coupon, &code, &order.id)),
            is_unique_code: code != coupon.terms.code,
            coupon_id: coupon.id.clone(),
            code,
            customer,
            order,
            source,
            value,
            discounted_before,
            discount,
            subscription: later.map(|discount| Subscription { duration, started_on, discount }),
            created_at: now,
            redemption_number: None,
            rollback: None,
        }
    }

    /// What the order cost with this discount and those of the codes before it.
    pub fn total(&self) -> Money {
        Money::new(self.order.value().amount - self.discounted_before - self.discount.amount, self.order.currency)
    }

    /// What the payment due on a day is discounted by, where the subscription started on `started_on`; none of both where
    /// the day lies before that. The first payment is the order itself.
    pub fn discount_on(&self, billing_date: NaiveDate, started_on: NaiveDate) -> Option<BillingDiscount> {
        if billing_date < started_on {
            return None;
        }
        let ends_on = self.subscription.as_ref().map_or(started_on.succ_opt(), |s| s.duration.ends_on(started_on));
        let discount = match &self.subscription {
            _ if self.rollback.is_some() => Err(Undiscounted::RolledBack),
            _ if billing_date == started_on => Ok(self.discount.clone()),
            None => Err(Undiscounted::NotRecurring),
            Some(subscription) if subscription.duration.covers(started_on, billing_date) => {
                Ok(subscription.discount.clone())
            }
            Some(_) => Err(Undiscounted::DurationOver),
        };
        Some(BillingDiscount { discount, ends_on })
    }

    /// The day that its subscription is taken to have started on, where nobody says otherwise.
    pub fn started_on(&self) -> NaiveDate {
        self.subscription.as_ref().map_or(self.created_at.date_naive(), |subscription| subscription.started_on)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coupon::Terms;
    use crate::decision::decide;
    use crate::input;
    use crate::pricing::Remainder;
    use crate::purchase::Checkout;
    use serde_json::{Value, json};

    fn redeemed(terms: Value, product_type: &str) -> Redemption {
        let now = "2026-11-30T23:30:00Z".parse().unwrap();
        let mut document =
            json!({"code": "ANNUAL", "name": "Annual", "discount": {"type": "percentage", "percent_off": 20}});
        document.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
        let coupon = Coupon::new(CouponId::new(now, [1; 10]), input::read(&document, Terms::read).unwrap(), now);
        let checkout = json!({"code": "ANNUAL", "order": {"id": "o1", "currency": "USD", "lines": [
            {"product_id": "setup", "quantity": 1, "unit_amount": 5000},
            {"product_id": "plan", "quantity": 1, "unit_amount": 2000, "product_type": product_type}]}});
        let checkout = input::read(&checkout, Checkout::read).unwrap();
        let purchase = checkout.purchase(&checkout.codes.all()[0]);
        let price = decide(&coupon, &purchase.order, &Remainder::of(&purchase.order), None, now).unwrap();
        Redemption::new(&coupon, purchase, price, now)
    }

    fn on(redemption: &Redemption, day: &str) -> Result<i64, Undiscounted> {
        let billing = redemption.discount_on(day.parse().unwrap(), redemption.started_on()).unwrap();
        billing.discount.map(|discount| discount.amount)
    }

    #[test]
    fn later_payments_are_discounted_for_as_long_as_the_terms_say() {
        let terms = json!({"duration": "repeating", "duration_in_months": 4, "time_zone": "Europe/Berlin"});
        let redemption = redeemed(terms, "recurring");
        assert_eq!(redemption.started_on().to_string(), "2026-12-01", "the day in Berlin");
        assert_eq!(on(&redemption, "2026-12-01"), Ok(1400), "the order itself");
        assert_eq!(on(&redemption, "2027-01-01"), Ok(400), "the plan only");
        assert_eq!(on(&redemption, "2027-03-01"), Ok(400));
        assert_eq!(on(&redemption, "2027-04-01"), Err(Undiscounted::DurationOver));
        let before = redemption.discount_on("2026-11-30".parse().unwrap(), redemption.started_on());
        assert_eq!(before, None);
    }

    #[test]
    fn what_does_not_recur_has_one_payment() {
        let redemption = redeemed(json!({"duration": "forever"}), "one_time");
        assert_eq!(on(&redemption, "2026-11-30"), Ok(1400));
        assert_eq!(on(&redemption, "2026-12-30"), Err(Undiscounted::NotRecurring));
    }
}
