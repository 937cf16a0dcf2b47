//! Discount of a code on a payment. The first payment is the order itself. Later payments are the
//! recurring payments of a subscription that the order started.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::Redemption;
use crate::kernel::ids::RedemptionId;
use crate::purchases::pricing::{Payment, PricedDiscount, Rate, Remainder, price_lines};

/// A payment for which the discount is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Billing {
    /// Due date.
    pub date: NaiveDate,
    /// Start of the subscription. `None` means the day of the redemption.
    pub subscription_started_on: Option<NaiveDate>,
}

/// Discount on the payment of one billing date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillingDiscount {
    /// The discount, or the reason why the payment is not discounted.
    pub discount: Result<PricedDiscount, Undiscounted>,
    /// First day that is no longer discounted. `None` if the discount never ends.
    pub ends_on: Option<NaiveDate>,
}

/// Reason why a payment is not discounted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Undiscounted {
    /// The redemption was rolled back.
    RolledBack,
    /// The order has no recurring product that the coupon applies to.
    NotRecurring,
    /// The duration of the discount has ended.
    DurationOver,
}

impl Billing {
    /// Returns the start day of the subscription of `redemption`.
    pub fn started_on(&self, redemption: &Redemption) -> NaiveDate {
        self.subscription_started_on.unwrap_or_else(|| redemption.started_on())
    }

    /// Returns the discount on the payment, or `None` if the payment is due before the start of the
    /// subscription. A later payment is priced with all codes of the order that cover the date and
    /// are not rolled back, in the order of the request. `others` must contain the earlier
    /// redemptions that `redemption.later` lists. It must also contain the redemptions that these
    /// earlier redemptions list in turn.
    pub fn discount_on<'a>(&'a self, redemption: &'a Redemption, others: &'a [Redemption]) -> Option<BillingDiscount> {
        let started_on = self.started_on(redemption);
        if self.date < started_on {
            return None;
        }
        let subscription = redemption.subscription.as_ref();
        let ends_on = subscription.map_or(started_on.succ_opt(), |s| s.duration.ends_on(started_on));
        let discount = match subscription {
            _ if redemption.rollback.is_some() => Err(Undiscounted::RolledBack),
            _ if self.date == started_on => Ok(redemption.discount.clone()),
            None => Err(Undiscounted::NotRecurring),
            Some(subscription) if subscription.duration.covers(started_on, self.date) => {
                let mut later = LaterPayment { billing: self, others, known: HashMap::new() };
                later.discount_on(redemption).ok_or(Undiscounted::NotRecurring)
            }
            Some(_) => Err(Undiscounted::DurationOver),
        };
        Some(BillingDiscount { discount, ends_on })
    }
}

/// Pricing of one later payment, with a cache of the discounts of other codes.
struct LaterPayment<'a> {
    billing: &'a Billing,
    others: &'a [Redemption],
    known: HashMap<&'a RedemptionId, Option<PricedDiscount>>,
}

impl<'a> LaterPayment<'a> {
    /// Returns the discount of a redemption that covers the payment. `None` if the redemption
    /// discounts no recurring product.
    fn discount_on(&mut self, redemption: &'a Redemption) -> Option<PricedDiscount> {
        let usual = &redemption.subscription.as_ref()?.discount;
        let Some(pricing) = &redemption.later else { return Some(usual.clone()) };
        let mut left = Remainder::of(&redemption.order);
        for id in &pricing.after {
            if let Some(discount) = self.earlier_discount(id) {
                left.deduct_later(&discount);
            }
        }
        let rate = Rate { value: redemption.value, maximum: pricing.maximum };
        let lines = usual.lines.iter().map(|line| line.index);
        Some(price_lines(rate, lines, usual.currency, &left, Payment::Later))
    }

    /// Returns the discount of an earlier redemption. `None` if the earlier redemption is rolled
    /// back or does not cover the payment.
    fn earlier_discount(&mut self, id: &'a RedemptionId) -> Option<PricedDiscount> {
        if let Some(known) = self.known.get(id) {
            return known.clone();
        }
        let before = self.others.iter().find(|other| other.id == *id)?;
        let duration = before.subscription.as_ref()?.duration;
        let started_on = self.billing.started_on(before);
        let takes_part = before.rollback.is_none() && duration.covers(started_on, self.billing.date);
        let taken = takes_part.then(|| self.discount_on(before)).flatten();
        self.known.insert(id, taken.clone());
        taken
    }
}

#[cfg(test)]
mod tests;
