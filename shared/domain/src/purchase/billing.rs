//! What a code takes off the payment of one day: of the order itself, or of a later payment of its subscription.

use std::collections::HashMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Redemption;
use crate::ids::RedemptionId;
use crate::pricing::{Payment, PricedDiscount, Rate, Remainder, price_lines};

/// A payment that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Billing {
    /// When it is due.
    pub date: NaiveDate,
    /// When the subscription started; none where it is the day of the redemption.
    pub subscription_started_on: Option<NaiveDate>,
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

impl Billing {
    /// The day that the subscription of a redemption started on.
    pub fn started_on(&self, redemption: &Redemption) -> NaiveDate {
        self.subscription_started_on.unwrap_or_else(|| redemption.started_on())
    }

    /// What the payment is discounted by; none where its day lies before the start of the subscription. The first payment
    /// is the order itself. A later payment is priced with exactly the codes of the order that stand and cover the day, in
    /// the order of their list. `others` has the redemptions that this one is priced after, and those that they are.
    pub fn discount_of<'a>(&'a self, redemption: &'a Redemption, others: &'a [Redemption]) -> Option<BillingDiscount> {
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
                later.discount_of(redemption).ok_or(Undiscounted::NotRecurring)
            }
            Some(_) => Err(Undiscounted::DurationOver),
        };
        Some(BillingDiscount { discount, ends_on })
    }
}

/// A later payment, and what codes are known to take off it.
struct LaterPayment<'a> {
    billing: &'a Billing,
    others: &'a [Redemption],
    known: HashMap<&'a RedemptionId, Option<PricedDiscount>>,
}

impl<'a> LaterPayment<'a> {
    /// What a redemption takes off, if it stands and covers the payment; none where it is of no recurring product.
    fn discount_of(&mut self, redemption: &'a Redemption) -> Option<PricedDiscount> {
        let usual = &redemption.subscription.as_ref()?.discount;
        let Some(pricing) = &redemption.later else { return Some(usual.clone()) };
        let mut left = Remainder::of(&redemption.order);
        for id in &pricing.after {
            if let Some(discount) = self.taken_by(id) {
                left.take_later(&discount);
            }
        }
        let rate = Rate { value: redemption.value, maximum: pricing.maximum };
        let lines = usual.lines.iter().map(|line| line.index);
        Some(price_lines(rate, lines, usual.currency, &left, Payment::Later))
    }

    /// What a redemption before another one takes off, where it takes part.
    fn taken_by(&mut self, id: &'a RedemptionId) -> Option<PricedDiscount> {
        if let Some(known) = self.known.get(id) {
            return known.clone();
        }
        let before = self.others.iter().find(|other| other.id == *id)?;
        let duration = before.subscription.as_ref()?.duration;
        let started_on = self.billing.started_on(before);
        let takes_part = before.rollback.is_none() && duration.covers(started_on, self.billing.date);
        let taken = takes_part.then(|| self.discount_of(before)).flatten();
        self.known.insert(id, taken.clone());
        taken
    }
}

#[cfg(test)]
mod tests;
