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
    /// Fewer redemptions than `max_redemptions` are used, or held for other orders.
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
    /// No earlier code excludes the combination with this code. `received` lists the coupon codes that do.
    Combinable,
    /// The code reduces the price. An only code need not reduce the price of a free order.
    Effect,
    /// The request names the customer, and the customer has used fewer redemptions than `max_redemptions_per_customer`.
    /// `received` is null if the request does not name the customer.
    MaxRedemptionsPerCustomer,
}

/// Whether one term permits a code.
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
mod tests {
    use super::*;
    use chrono::{DateTime, TimeDelta, Utc};
    use proptest::prelude::*;
    use strum::VariantArray as _;

    use crate::coupons::code::{CouponCode, UniqueCode};
    use crate::coupons::coupon::{Coupon, Terms};
    use crate::kernel::ids::CouponId;
    use crate::kernel::input;
    use crate::purchases::order::Order;
    use crate::purchases::pricing::{LineDiscount, PricedDiscount, Remainder};

    const STATES: [State; 3] = [State::Active, State::Paused, State::Expired];

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
    }

    fn coupon(bits: u8, more: &Value) -> Coupon {
        let mut terms = json!({"code": "FLASH20", "name": "n", "discount": {"type": "percentage", "percent_off": 20}});
        terms.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Coupon::new(CouponId::new(now(), [bits; 10]), input::read(&terms, Terms::read).unwrap(), now())
    }

    fn order(currency: &str, unit_amount: i64) -> Order {
        let line = json!({"product_id": "p1", "quantity": 1, "unit_amount": unit_amount});
        input::read(&json!({"id": "o1", "currency": currency, "lines": [line]}), Order::read).unwrap()
    }

    fn ana() -> Customer {
        input::read(&json!({"email": "ana@example.com"}), Customer::read).unwrap()
    }

    /// Terms with a random choice of each term, and a choice that fails for the order.
    fn terms() -> impl Strategy<Value = Value> {
        let seconds = |offset: i64| json!(now() + TimeDelta::seconds(offset));
        let one_of = |member: &'static str, values: Vec<Value>| {
            prop::sample::select([vec![Value::Null], values].concat()).prop_map(move |value| (member, value))
        };
        let members = vec![
            one_of("only_for", vec![json!({"email": "ana@example.com"}), json!({"email": "bo@example.com"})]).boxed(),
            one_of("expires_at", vec![seconds(1), seconds(0)]).boxed(),
            one_of("max_redemptions", vec![json!(2)]).boxed(),
            one_of("max_redemptions_per_customer", vec![json!(2)]).boxed(),
            one_of("applies_to", vec![json!({"products": ["p1"]}), json!({"products": ["p2"]})]).boxed(),
            one_of("combinable", vec![json!(true), json!(false)]).boxed(),
        ];
        members.prop_map(|members| {
            members
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(name, value)| (name.to_owned(), value))
                .collect()
        })
    }

    /// No amount, an amount in dollars, or an amount in another currency than that of the order.
    fn amounts(dollars: [i64; 2]) -> impl Strategy<Value = Option<Amounts>> {
        let one =
            |amount: i64, currency: &str| Some(Amounts::One(Money::new(amount, Currency::parse(currency).unwrap())));
        prop::sample::select(vec![None, one(dollars[0], "USD"), one(dollars[1], "USD"), one(1, "EUR")])
    }

    fn discount() -> impl Strategy<Value = Value> {
        let fixed = |currency: &str| json!({"type": "fixed_amount", "amount_off": 100, "currency": currency});
        prop::sample::select(vec![json!({"type": "percentage", "percent_off": 20}), fixed("USD"), fixed("EUR")])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn first_failed_judgement_has_the_rejection_of_the_decision(
            more in terms(),
            discount in discount(),
            (maximum, minimum) in (amounts([10, 999]), amounts([1000, 1001])),
            starts_in in prop::sample::select(vec![None, Some(-9), Some(0), Some(5)]),
            (state, used) in (0..STATES.len(), 0_i64..3),
            (is_named, redeemed) in (any::<bool>(), 0_i64..3),
            (unit_amount, taken) in prop::sample::select(vec![(1000, 0), (1000, 1000), (0, 0)]),
            unique in prop::option::of(any::<bool>()),
            has_earlier_code in any::<bool>(),
        ) {
            let with_currency = input::read(&json!({"code": "FLASH20", "name": "n", "discount": discount}), Terms::read);
            let mut coupon = coupon(1, &more);
            coupon.terms.discount = with_currency.unwrap().discount;
            (coupon.terms.maximum_discount, coupon.terms.minimum_order_value) = (maximum, minimum);
            coupon.terms.starts_at = starts_in.map(|seconds| now() + TimeDelta::seconds(seconds));
            coupon.state = STATES[state];
            coupon.remaining = coupon.terms.max_redemptions.map(|most| most - used);
            let order = order("USD", unit_amount);
            let customer = is_named.then(ana);
            let earlier = self::coupon(2, &json!({}));
            let accepted: &[&Coupon] = if has_earlier_code { &[&earlier] } else { &[] };
            let mut left = Remainder::of(&order);
            let lines = vec![LineDiscount { index: 0, amount: taken }];
            left.deduct(&PricedDiscount { amount: taken, currency: order.currency, lines });
            let unique = unique.map(|is_held| UniqueCode {
                code: CouponCode::parse("UNIQUE1").unwrap(),
                coupon_id: coupon.id.clone(),
                created_at: now(),
                redeemed_at: None,
                redemption_id: None,
                held: is_held.then(|| ("another".to_owned(), now() + TimeDelta::seconds(1))),
            });
            let case = Case {
                coupon: &coupon,
                unique: unique.as_ref(),
                order: &order,
                customer: customer.as_ref(),
                left: &left,
                accepted,
                is_only_code: !has_earlier_code,
                redeemed_by_customer: customer.is_some().then_some(redeemed),
                now: now(),
            };
            let judged = case.judge();
            let failed = judged.iter().find_map(|judgement| judgement.rejection);
            prop_assert_eq!(case.decide().err(), failed, "{:#?}", judged);
            for judgement in &judged {
                prop_assert_eq!(judgement.held, judgement.rejection.is_none());
            }
        }
    }

    #[test]
    fn every_term_is_judged_with_expected_and_received_value() {
        let usd = |amount: i64| json!({"amount": amount, "currency": "USD"});
        let fixed = json!({"type": "fixed_amount", "amount_off": 5000, "currency": "USD"});
        let mut coupon = coupon(
            1,
            &json!({"discount": fixed, "only_for": {"email": "bo@example.com"}, "expires_at": now(),
                "starts_at": now() + TimeDelta::seconds(-5), "max_redemptions": 3, "max_redemptions_per_customer": 1,
                "minimum_order_value": usd(2000), "applies_to": {"products": ["p2"]},
                "combinable": false}),
        );
        (coupon.state, coupon.remaining) = (State::Paused, Some(0));
        coupon.terms.maximum_discount = Some(Amounts::One(Money::new(700, Currency::parse("USD").unwrap())));
        let (order, customer, earlier) = (order("USD", 1000), ana(), self::coupon(2, &json!({"code": "OTHER"})));
        let left = Remainder::of(&order);
        let unique = UniqueCode {
            code: CouponCode::parse("UNIQUE1").unwrap(),
            coupon_id: coupon.id.clone(),
            created_at: now(),
            redeemed_at: None,
            redemption_id: None,
            held: Some(("another".to_owned(), now() + TimeDelta::seconds(1))),
        };
        let case = Case {
            coupon: &coupon,
            unique: Some(&unique),
            order: &order,
            customer: Some(&customer),
            left: &left,
            accepted: &[&earlier],
            is_only_code: false,
            redeemed_by_customer: Some(1),
            now: now(),
        };
        let instant = json!(now());
        let judged = case.judge();
        let told = |term: Term| {
            let judgement = judged.iter().find(|judgement| judgement.term == term);
            judgement.map(|judgement| (judgement.expected.clone(), judgement.received.clone(), judgement.rejection))
        };
        for (term, expected, received, rejection) in [
            (
                Term::OnlyFor,
                json!(coupon.terms.only_for),
                json!({"email": "ana@example.com", "customer_id": null}),
                Some(Rejection::CouponNotFound),
            ),
            (Term::ExpiresAt, instant.clone(), instant.clone(), Some(Rejection::CouponExpired)),
            (Term::MaxRedemptions, json!(3), json!(3), Some(Rejection::LimitReached)),
            (Term::State, json!("active"), json!("paused"), Some(Rejection::CouponPaused)),
            (Term::StartsAt, json!(coupon.terms.starts_at), instant, None),
            (Term::Discount, json!(["USD"]), json!("USD"), None),
            (Term::MaximumDiscount, json!(["USD"]), json!("USD"), None),
            (Term::MinimumOrderValue, usd(2000), usd(1000), Some(Rejection::MinimumOrderNotMet)),
            (Term::AppliesTo, json!(coupon.terms.applies_to), json!([]), Some(Rejection::ProductsNotEligible)),
            (Term::UniqueCode, json!("available"), json!("held"), Some(Rejection::CodeAlreadyUsed)),
            (Term::Combinable, json!([]), json!(["OTHER"]), Some(Rejection::CouponNotCombinable)),
            (Term::MaxRedemptionsPerCustomer, json!(1), json!(1), Some(Rejection::CustomerLimitReached)),
        ] {
            assert_eq!(told(term), Some((expected, received, rejection)), "{term:?}");
        }
        assert_eq!(told(Term::Effect), None, "a coupon for other products has no price");
        let for_all =
            Coupon { terms: Terms { applies_to: AppliesTo::default(), ..coupon.terms.clone() }, ..coupon.clone() };
        let judged = Case { coupon: &for_all, accepted: &[], ..case }.judge();
        let effect = judged.iter().find(|judgement| judgement.term == Term::Effect).unwrap();
        assert_eq!((&effect.expected, &effect.received, effect.held), (&usd(1), &usd(700), true));
        assert_eq!(judged.len(), Term::VARIANTS.len() - 2, "all terms except `applies_to` and `combinable`");
    }
}
