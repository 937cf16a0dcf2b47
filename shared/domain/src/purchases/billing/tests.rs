use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::coupons::coupon::{Coupon, RollbackReason, Terms};
use crate::kernel::ids::CouponId;
use crate::kernel::input;
use crate::purchases::decision::decide;
use crate::purchases::{Checkout, CodeCombination, Rollback};

const NOW: &str = "2026-11-30T23:30:00Z";

fn coupon(place: usize, terms: &Value) -> Coupon {
    let now = NOW.parse().unwrap();
    let mut document = json!({"code": format!("CODE{place}"), "name": "A code"});
    document.as_object_mut().unwrap().extend(terms.as_object().unwrap().clone());
    let terms = input::read(&document, Terms::read).unwrap();
    Coupon::new(CouponId::new(now, [u8::try_from(place).unwrap(); 10]), terms, now)
}

/// Redeems one coupon per element of `terms` on one order, like a request with a list of codes.
fn redeemed(terms: &[Value], lines: &Value) -> Vec<Redemption> {
    let now = NOW.parse().unwrap();
    let coupons: Vec<Coupon> = terms.iter().enumerate().map(|(place, terms)| coupon(place, terms)).collect();
    let codes: Vec<_> = coupons.iter().map(|coupon| &coupon.terms.code).collect();
    let checkout = json!({"codes": codes, "order": {"id": "o1", "currency": "USD", "lines": lines}});
    let checkout = input::read(&checkout, Checkout::read).unwrap();
    let mut together = CodeCombination::on(&checkout.order);
    for coupon in &coupons {
        let price = decide(coupon, &checkout.order, together.left(), None, now).unwrap();
        together.add(coupon, checkout.purchase(&coupon.terms.code), price, now);
    }
    together.redemptions()
}

fn percent(percent_off: u32, duration: &Value) -> Value {
    let mut terms = json!({"discount": {"type": "percentage", "percent_off": percent_off}});
    terms.as_object_mut().unwrap().extend(duration.as_object().unwrap().clone());
    terms
}

fn plan() -> Value {
    json!([{"product_id": "plan", "quantity": 1, "unit_amount": 10_000, "product_type": "recurring"}])
}

fn on(redemptions: &[Redemption], place: usize, day: &str) -> Result<i64, Undiscounted> {
    let billing = Billing { date: day.parse().unwrap(), subscription_started_on: None };
    let discount = billing.discount_on(&redemptions[place], redemptions).unwrap().discount;
    discount.map(|discount| discount.amount)
}

fn all_on(redemptions: &[Redemption], day: &str) -> Vec<Result<i64, Undiscounted>> {
    (0..redemptions.len()).map(|place| on(redemptions, place, day)).collect()
}

#[test]
fn later_payments_are_discounted_for_the_duration() {
    let duration = json!({"duration": "repeating", "duration_in_months": 4, "time_zone": "Europe/Berlin"});
    let setup_and_plan = json!([{"product_id": "setup", "quantity": 1, "unit_amount": 5000},
        {"product_id": "plan", "quantity": 1, "unit_amount": 2000, "product_type": "recurring"}]);
    let redemption = redeemed(&[percent(20, &duration)], &setup_and_plan);
    assert_eq!(redemption[0].started_on().to_string(), "2026-12-01", "date in Berlin");
    assert_eq!(on(&redemption, 0, "2026-12-01"), Ok(1400), "the order itself");
    assert_eq!(on(&redemption, 0, "2027-01-01"), Ok(400), "the plan only");
    assert_eq!(on(&redemption, 0, "2027-03-01"), Ok(400));
    assert_eq!(on(&redemption, 0, "2027-04-01"), Err(Undiscounted::DurationOver));
    let before = Billing { date: "2026-11-30".parse().unwrap(), subscription_started_on: None };
    assert_eq!(before.discount_on(&redemption[0], &[]), None);
}

#[test]
fn one_time_order_has_no_later_payments() {
    let one_time = json!([{"product_id": "book", "quantity": 1, "unit_amount": 7000}]);
    let redemption = redeemed(&[percent(20, &json!({"duration": "forever"}))], &one_time);
    assert_eq!(on(&redemption, 0, "2026-11-30"), Ok(1400));
    assert_eq!(on(&redemption, 0, "2026-12-30"), Err(Undiscounted::NotRecurring));
}

#[test]
fn once_code_does_not_reduce_later_payments() {
    for (percent_once, first) in [(50, 500), (100, 0)] {
        let terms = [percent(percent_once, &json!({})), percent(10, &json!({"duration": "forever"}))];
        let codes = redeemed(&terms, &plan());
        assert_eq!(on(&codes, 1, "2026-11-30"), Ok(first), "the order itself");
        for day in ["2026-12-30", "2036-11-30"] {
            assert_eq!(all_on(&codes, day), [Err(Undiscounted::DurationOver), Ok(1000)], "{day}");
        }
    }
}

#[test]
fn code_with_shorter_duration_counts_until_its_end() {
    let two_months = json!({"duration": "repeating", "duration_in_months": 2});
    let forever = json!({"duration": "forever"});
    let fixed =
        json!({"discount": {"type": "fixed_amount", "amount_off": 8000, "currency": "USD"}, "duration": "forever"});
    let capped = json!({"discount": {"type": "percentage", "percent_off": 50}, "duration": "forever",
        "maximum_discount": {"amount": 700, "currency": "USD"}});
    let codes = redeemed(&[percent(50, &two_months), fixed, percent(10, &forever), capped], &plan());
    assert_eq!(all_on(&codes, "2026-12-30"), [Ok(5000), Ok(5000), Ok(0), Ok(0)]);
    assert_eq!(all_on(&codes, "2027-01-30"), [Err(Undiscounted::DurationOver), Ok(8000), Ok(200), Ok(700)]);
}

#[test]
fn rolled_back_code_does_not_reduce_later_payments() {
    let forever = json!({"duration": "forever"});
    let mut codes = redeemed(&[percent(50, &forever), percent(10, &forever)], &plan());
    assert_eq!(all_on(&codes, "2026-12-30"), [Ok(5000), Ok(500)]);
    let at = NOW.parse().unwrap();
    codes[0].rollback = Some(Rollback { reason: RollbackReason::Refunded, at, released: true });
    assert_eq!(all_on(&codes, "2026-12-30"), [Err(Undiscounted::RolledBack), Ok(1000)]);
}

#[test]
fn redemption_without_later_pricing_keeps_the_discount_of_its_subscription() {
    let mut redemption = redeemed(&[percent(10, &json!({"duration": "forever"}))], &plan()).remove(0);
    assert_eq!(redemption.later, None, "no earlier code discounts later payments");
    redemption.subscription.as_mut().unwrap().discount.amount = 500;
    assert_eq!(on(&[redemption], 0, "2027-11-30"), Ok(500));
}

fn any_duration() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({"duration": "once"})),
        (1..=6_u32).prop_map(|months| json!({"duration": "repeating", "duration_in_months": months})),
        Just(json!({"duration": "forever"})),
    ]
}

fn any_terms() -> impl Strategy<Value = Value> {
    let discount = prop_oneof![
        (1..=100_u32).prop_map(|percent| json!({"type": "percentage", "percent_off": percent})),
        (1..=12_000_i64).prop_map(|off| json!({"type": "fixed_amount", "amount_off": off, "currency": "USD"})),
    ];
    let products = prop::sample::subsequence(vec!["p0", "p1", "p2"], 0..=3);
    let zone = prop::sample::select(vec![None, Some("Europe/Berlin"), Some("America/Los_Angeles")]);
    (discount, any_duration(), products, zone, prop::option::of(1..=3000_i64)).prop_map(
        |(discount, duration, products, zone, maximum)| {
            let is_percentage = discount["type"] == "percentage";
            let maximum = maximum.filter(|_| is_percentage).map(|amount| json!({"amount": amount, "currency": "USD"}));
            let mut terms = json!({"discount": discount, "applies_to": {"products": products}, "time_zone": zone,
                "maximum_discount": maximum});
            terms.as_object_mut().unwrap().extend(duration.as_object().unwrap().clone());
            terms
        },
    )
}

/// Computes the discount of each code directly from the rule. Codes apply one after the other to
/// the recurring lines. Rolled-back codes and codes that do not cover the date are skipped.
fn expected(terms: &[Value], lines: &[i64], recurring: &[bool], covers: &[bool]) -> Vec<i64> {
    let mut left = lines.to_vec();
    let mut amounts = Vec::new();
    for (terms, covers) in terms.iter().zip(covers) {
        let products = terms["applies_to"]["products"].as_array().unwrap();
        let meant =
            |place: usize| recurring[place] && (products.is_empty() || products.contains(&json!(format!("p{place}"))));
        let eligible: Vec<usize> = (0..lines.len()).filter(|place| meant(*place)).collect();
        if !covers || eligible.is_empty() {
            amounts.push(0);
            continue;
        }
        let line = |(place, left): (usize, &i64)| json!({"product_id": format!("p{place}"), "quantity": 1, "unit_amount": left, "product_type": "recurring"});
        let what_is_left: Vec<Value> = left.iter().enumerate().map(line).collect();
        // Prices the code alone on an order with the remaining values. Other tests cover the
        // pricing of a single code.
        let mut alone = terms.clone();
        alone["applies_to"]["products"] = eligible.iter().map(|place| json!(format!("p{place}"))).collect();
        let discount = redeemed(&[alone], &json!(what_is_left)).remove(0).discount;
        for part in &discount.lines {
            left[part.index] -= part.amount;
        }
        amounts.push(discount.amount);
    }
    amounts
}

proptest! {
    #[test]
    fn payment_is_priced_with_exactly_the_codes_that_cover_it(
        terms in prop::collection::vec(any_terms(), 1..=6),
        lines in prop::collection::vec((0..=10_000_i64, any::<bool>()), 3..=3),
        days in 2..=250_u64,
        given_back in prop::collection::vec(prop::bool::weighted(0.2), 6),
        started_on in prop::option::of(0..=60_u64),
    ) {
        let (values, recurring): (Vec<i64>, Vec<bool>) = lines.into_iter().unzip();
        let order: Vec<Value> = std::iter::zip(&values, &recurring).enumerate().map(|(place, (value, recurring))| {
            json!({"product_id": format!("p{place}"), "quantity": 1, "unit_amount": value,
                "product_type": if *recurring { "recurring" } else { "one_time" }})
        }).collect();
        let mut codes = redeemed(&terms, &json!(order));
        for (code, _) in codes.iter_mut().zip(&given_back).filter(|(_, given_back)| **given_back) {
            code.rollback = Some(Rollback { reason: RollbackReason::Refunded, at: NOW.parse().unwrap(), released: false });
        }
        let start: NaiveDate = "2026-12-02".parse().unwrap();
        let started_on = started_on.map(|days| start + Days::new(days));
        let date = started_on.unwrap_or(start) + Days::new(days);
        let billing = Billing { date, subscription_started_on: started_on };
        let lasts = |code: &Redemption| code.subscription.as_ref().is_some_and(|subscription| {
            subscription.duration.covers(billing.started_on(code), date)
        });
        let covers: Vec<bool> = codes.iter().map(|code| code.rollback.is_none() && lasts(code)).collect();
        let discounts: Vec<Option<PricedDiscount>> =
            codes.iter().map(|code| billing.discount_on(code, &codes).unwrap().discount.ok()).collect();
        for (discount, covers) in discounts.iter().zip(&covers) {
            prop_assert_eq!(discount.is_some(), *covers);
        }
        let amounts: Vec<i64> = discounts.iter().map(|discount| discount.as_ref().map_or(0, |d| d.amount)).collect();
        prop_assert_eq!(&amounts, &expected(&terms, &values, &recurring, &covers));
        let recurring_value: i64 = std::iter::zip(&values, &recurring).filter(|(_, r)| **r).map(|(v, _)| v).sum();
        prop_assert!(amounts.iter().sum::<i64>() <= recurring_value);
    }
}
