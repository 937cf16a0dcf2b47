//! Redemptions, which are committed uses of coupons.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::{Purchase, Rollback, redemption_bits};
use crate::coupons::code::CouponCode;
use crate::coupons::coupon::{Coupon, CouponValue, Duration};
use crate::kernel::counters::RedemptionNumber;
use crate::kernel::ids::{CouponId, RedemptionId};
use crate::kernel::money::Money;
use crate::purchases::customer::Customer;
use crate::purchases::decision::Price;
use crate::purchases::order::Order;
use crate::purchases::pricing::PricedDiscount;

/// A redemption: one committed use of a coupon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redemption {
    /// Id of the redemption. At most one redemption per coupon and order, and at most one per
    /// unique code, is active (not rolled back). A rolled-back redemption keeps its id.
    pub id: RedemptionId,
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
    /// Discount on the subscription that the order started, if it started one.
    pub subscription: Option<Subscription>,
    /// How later payments are priced if earlier codes of the order also discount later payments.
    /// `None` if no earlier code does; the discount in `subscription` is then exact. Also `None` if
    /// there is no subscription.
    pub later: Option<LaterPricing>,
    pub created_at: DateTime<Utc>,
    /// Sequence number among the coupon's redemptions, in commit order. Assigned by the event relay
    /// shortly after the commit.
    pub redemption_number: Option<RedemptionNumber>,
    /// The rollback, if the redemption was rolled back.
    pub rollback: Option<Rollback>,
}

/// Discount on a subscription, according to the terms at the time of the redemption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Subscription {
    /// How long the subscription is discounted.
    #[serde(flatten)]
    pub duration: Duration,
    /// Start of the subscription: the day of the redemption in the coupon's time zone.
    pub started_on: NaiveDate,
    /// Discount on each payment after the first. If a preceding code of the redeem request also
    /// discounts these payments, this discount can change when the preceding code ends or is rolled
    /// back. The endpoint `billing-discount` returns the exact discount on a given date.
    pub discount: PricedDiscount,
}

/// How later payments are priced if earlier codes on the order also discount later payments. Each
/// earlier code has its own duration and can be rolled back, so each payment is priced separately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaterPricing {
    /// Redemptions of the earlier codes, in the order of the request.
    pub after: Vec<RedemptionId>,
    /// Maximum discount on a payment in minor units.
    pub maximum: Option<i64>,
}

impl Redemption {
    /// Creates a redemption from a priced purchase.
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

    /// Returns the redemption with the effects of the other codes on the order. `taken` is the
    /// discount of all codes together, in minor units. `after` holds the redemptions of earlier
    /// codes that also discount later payments. `maximum` is the maximum discount on a payment, in
    /// minor units.
    #[must_use]
    pub fn with_other_codes(self, taken: i64, after: Vec<RedemptionId>, maximum: Option<i64>) -> Self {
        let discounted_after = taken - self.discounted_before - self.discount.amount;
        let later = (self.subscription.is_some() && !after.is_empty()).then_some(LaterPricing { after, maximum });
        Self { discounted_after, later, ..self }
    }

    /// Returns the amount that the customer paid: the price of the order after this code, earlier
    /// codes, and later codes of the same request.
    pub fn total(&self) -> Money {
        Money::new(self.total_after_code().amount - self.discounted_after, self.order.currency)
    }

    /// Returns the price of the order after this code and earlier codes.
    pub fn total_after_code(&self) -> Money {
        Money::new(self.order.value().amount - self.discounted_before - self.discount.amount, self.order.currency)
    }

    /// Returns the discount on later payments. `None` if the redemption discounts only the first
    /// payment.
    pub fn later_discount(&self) -> Option<&PricedDiscount> {
        self.subscription.as_ref().filter(|subscription| subscription.duration != Duration::Once).map(|s| &s.discount)
    }

    /// Returns the start day of the subscription that applies if a billing request states none: the
    /// day of the redemption, in the coupon's time zone if the redemption has a subscription.
    pub fn started_on(&self) -> NaiveDate {
        self.subscription.as_ref().map_or(self.created_at.date_naive(), |subscription| subscription.started_on)
    }
}
