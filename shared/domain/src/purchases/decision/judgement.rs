//! Judgements: which terms of a coupon permit a code, and which do not. The judgements use the checks of the decision.

use serde::Serialize;
use serde_json::{Value, json};

use super::{
    Case, check_code, check_combinable, check_customer_is_named, check_customer_limit, check_expiry, check_has_effect,
    check_limit, check_minimum, check_only_for, check_start, check_state, clashes, in_currency, price, rate_in,
};
use crate::coupons::coupon::{Amounts, AppliesTo, State};
use crate::kernel::money::{Currency, Money};
use crate::purchases::customer::Customer;
use crate::purchases::rejection::Rejection;

/// Term that a coupon has, or rule for the combination of codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
pub enum Term {
    /// The customer is the only customer who may use the coupon.
    OnlyFor,
    /// The time is before `expires_at`.
    ExpiresAt,
    /// The number of redemptions that are used, or held for other orders, is less than `max_redemptions`.
    MaxRedemptions,
    /// The coupon is active.
    State,
    /// The time is `starts_at` or later.
    StartsAt,
    /// `discount` has an amount in the currency of the order.
    Discount,
    /// `maximum_discount` has an amount in the currency of the order.
    MaximumDiscount,
    /// The value of the order before any discount is at least `minimum_order_value`.
    MinimumOrderValue,
    /// The coupon applies to at least one line of the order. `received` lists the positions of these lines, from 0.
    AppliesTo,
    /// The unique code is neither redeemed nor held for another order.
    UniqueCode,
    /// This code can be combined with all earlier codes. `received` lists the coupon codes that prevent the
    /// combination.
    Combinable,
    /// The code reduces the price. If the order value is 0 and the request has only one code, no reduction is required.
    Effect,
    /// The request names the customer, and the customer has used fewer redemptions than `max_redemptions_per_customer`.
    /// `received` is null if the request does not name the customer.
    MaxRedemptionsPerCustomer,
}

/// Result of checking one term of a coupon for a code.
///
/// A judgement contains data of the customer. Show it to holders of `server` and `admin` keys only, and never log it.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Judgement {
    /// The term.
    pub term: Term,
    /// Whether the term permits the code.
    pub held: bool,
    /// Value that the term requires.
    pub expected: Value,
    /// Value of the order, the customer or the coupon.
    pub received: Value,
    /// Reason for which the term rejects the code. Null if the term permits the code.
    pub rejection: Option<Rejection>,
}

impl Judgement {
    fn new<T>(term: Term, outcome: Result<T, Rejection>, expected: Value, received: Value) -> Self {
        let rejection = outcome.err();
        Self { term, held: rejection.is_none(), expected, received, rejection }
    }
}

impl Case<'_> {
    /// Judges every term that the coupon has, in the order in which [`Case::decide`] checks the terms: the first
    /// judgement with a rejection has the rejection of the decision. Omits terms that cannot be judged, such as the
    /// effect of a coupon that has no amount in the currency of the order.
    pub fn judge(&self) -> Vec<Judgement> {
        let of_customer = self.judge_customer();
        let (named, counted): (Vec<_>, Vec<_>) =
            of_customer.into_iter().partition(|judged| judged.rejection == Some(Rejection::CustomerRequired));
        let mut judged = self.judge_coupon();
        judged.extend(self.judge_order());
        judged.extend(named);
        judged.extend(self.judge_price());
        judged.extend(counted);
        judged
    }

    fn judge_coupon(&self) -> Vec<Judgement> {
        let (coupon, now) = (self.coupon, self.now);
        let terms = &coupon.terms;
        let mut judged = Vec::new();
        if let Some(only_for) = &terms.only_for {
            let identity = |customer: &Customer| json!({"email": customer.email, "customer_id": customer.id});
            let received = json!(self.customer.map(identity));
            let outcome = check_only_for(coupon, self.customer);
            judged.push(Judgement::new(Term::OnlyFor, outcome, json!(only_for), received));
        }
        if terms.expires_at.is_some() || coupon.state == State::Expired {
            let (outcome, expected) = (check_expiry(coupon, now), json!(terms.expires_at));
            judged.push(Judgement::new(Term::ExpiresAt, outcome, expected, json!(now)));
        }
        if let (Some(most), Some(remaining)) = (terms.max_redemptions, coupon.remaining) {
            let outcome = check_limit(coupon);
            judged.push(Judgement::new(Term::MaxRedemptions, outcome, json!(most), json!(most - remaining)));
        }
        match coupon.state {
            State::Active | State::Paused => {
                let (expected, received) = (json!(State::Active), json!(coupon.state));
                judged.push(Judgement::new(Term::State, check_state(coupon), expected, received));
            }
            // The term `expires_at` states the expiry, and a deleted coupon does not exist for callers.
            State::Expired | State::Deleted => {}
        }
        if let Some(starts_at) = terms.starts_at {
            judged.push(Judgement::new(Term::StartsAt, check_start(coupon, now), json!(starts_at), json!(now)));
        }
        judged
    }

    fn judge_order(&self) -> Vec<Judgement> {
        let (terms, currency) = (&self.coupon.terms, self.order.currency);
        let mut judged = Vec::new();
        if let Some(currencies) = terms.discount.currencies() {
            let outcome = terms.discount.value_in(currency).ok_or(Rejection::CurrencyMismatch);
            judged.push(Judgement::new(Term::Discount, outcome, json!(currencies), json!(currency)));
        }
        if let Some(maximum) = &terms.maximum_discount {
            let currencies: Vec<Currency> = maximum.all().iter().map(|money| money.currency).collect();
            let outcome = in_currency(Some(maximum), currency);
            judged.push(Judgement::new(Term::MaximumDiscount, outcome, json!(currencies), json!(currency)));
        }
        if let Some(minimum) = &terms.minimum_order_value {
            let outcome = check_minimum(self.coupon, self.order);
            let expected = match minimum.in_currency(currency) {
                Some(amount) => Amounts::One(Money::new(amount, currency)),
                None => minimum.clone(),
            };
            judged.push(Judgement::new(Term::MinimumOrderValue, outcome, json!(expected), json!(self.order.value())));
        }
        judged
    }

    fn judge_price(&self) -> Vec<Judgement> {
        let mut judged = Vec::new();
        let applies_to = &self.coupon.terms.applies_to;
        if *applies_to != AppliesTo::default() {
            let lines = self.order.lines.iter().enumerate().filter(|(_, line)| applies_to.includes(line));
            let lines: Vec<usize> = lines.map(|(place, _)| place).collect();
            let outcome = if lines.is_empty() { Err(Rejection::ProductsNotEligible) } else { Ok(()) };
            judged.push(Judgement::new(Term::AppliesTo, outcome, json!(applies_to), json!(lines)));
        }
        if let Some(code) = self.unique {
            let outcome = check_code(code, self.coupon, self.order, self.now);
            let received = match (outcome, code.redemption_id.is_some()) {
                (Ok(()), _) => "available",
                (Err(_), true) => "redeemed",
                (Err(_), false) => "held",
            };
            judged.push(Judgement::new(Term::UniqueCode, outcome, json!("available"), json!(received)));
        }
        if !self.accepted.is_empty() {
            let outcome = check_combinable(self.coupon, self.accepted.iter().copied());
            let against = self.accepted.iter().filter(|other| clashes(self.coupon, other));
            let against: Vec<_> = against.map(|other| &other.terms.code).collect();
            judged.push(Judgement::new(Term::Combinable, outcome, json!([]), json!(against)));
        }
        let rate = rate_in(self.coupon, self.order.currency);
        if let Ok(price) = rate.and_then(|rate| price(rate, self.coupon, self.order, self.left)) {
            let outcome = check_has_effect(&price, self.order, self.is_only_code);
            let least = if outcome.is_ok() && price.discount.amount == 0 { 0 } else { 1 };
            let expected = json!(Money::new(least, self.order.currency));
            judged.push(Judgement::new(Term::Effect, outcome, expected, json!(price.discount.money())));
        }
        judged
    }

    fn judge_customer(&self) -> Option<Judgement> {
        let most = self.coupon.terms.max_redemptions_per_customer?;
        let term = Term::MaxRedemptionsPerCustomer;
        let named = check_customer_is_named(self.coupon, self.customer);
        match (named, self.redeemed_by_customer) {
            (Err(_), _) => Some(Judgement::new(term, named, json!(most), Value::Null)),
            (Ok(()), Some(redeemed)) => {
                let outcome = check_customer_limit(self.coupon, redeemed);
                Some(Judgement::new(term, outcome, json!(most), json!(redeemed)))
            }
            (Ok(()), None) => None,
        }
    }
}

#[cfg(test)]
mod tests;
