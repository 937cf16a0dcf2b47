//! Redemptions.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::application::is_zero;
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
    /// Minor units that the codes after it on the same order took off.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub discounted_after: i64,
    /// What it took off.
    pub discount: PricedDiscount,
    /// What it does to the subscription that the order began, where it began one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<Subscription>,
    /// How later payments are priced; none where what the subscription has to say does not depend on other codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub later: Option<LaterPricing>,
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
    /// What a later payment is discounted by, while every code before it on the order that discounts later payments lasts.
    /// Ask for the billing discount of a day: it knows which codes last until then.
    pub discount: PricedDiscount,
}

/// How later payments of a subscription are priced beside the codes before it on the order that discount later payments too:
/// each of them ends in its own time, and may be given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaterPricing {
    /// The redemptions of those codes, in the order of the list.
    pub after: Vec<RedemptionId>,
    /// Minor units that this code takes off a payment at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<i64>,
}

impl Redemption {
    /// A priced purchase as a redemption.
    pub fn new(coupon: &Coupon, purchase: Purchase, price: Price, now: DateTime<Utc>) -> Self {
        let Purchase { code, customer, order, source, hold: _ } = purchase;
        let Price { value, maximum: _, discounted_before, discount, later } = price;
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
            discounted_after: 0,
            discount,
            subscription: later.map(|discount| Subscription { duration, started_on, discount }),
            later: None,
            created_at: now,
            redemption_number: None,
            rollback: None,
        }
    }

    /// The same among the codes of its order: all of them take off `taken` minor units, and the redemptions `after` which it
    /// is priced discount later payments too. `maximum` is what it takes off a payment at most.
    #[must_use]
    pub fn among(self, taken: i64, after: Vec<RedemptionId>, maximum: Option<i64>) -> Self {
        let discounted_after = taken - self.discounted_before - self.discount.amount;
        let later = (self.subscription.is_some() && !after.is_empty()).then_some(LaterPricing { after, maximum });
        Self { discounted_after, later, ..self }
    }

    /// What the customer paid for the order: after all codes that were redeemed with this one.
    pub fn total(&self) -> Money {
        Money::new(self.total_after_code().amount - self.discounted_after, self.order.currency)
    }

    /// What the order cost after this code and those before it.
    pub fn total_after_code(&self) -> Money {
        Money::new(self.order.value().amount - self.discounted_before - self.discount.amount, self.order.currency)
    }

    /// What it takes off later payments, where it does.
    pub fn lasting(&self) -> Option<&PricedDiscount> {
        self.subscription.as_ref().filter(|subscription| subscription.duration != Duration::Once).map(|s| &s.discount)
    }

    /// The day that its subscription is taken to have started on, where nobody says otherwise.
    pub fn started_on(&self) -> NaiveDate {
        self.subscription.as_ref().map_or(self.created_at.date_naive(), |subscription| subscription.started_on)
    }
}
