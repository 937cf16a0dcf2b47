//! Statistics: repeated delivery, days, currencies and read costs.

use std::collections::BTreeMap;

use couponflow_domain::coupons::coupon::CouponValue;
use couponflow_domain::coupons::statistics::Statistics;
use couponflow_domain::kernel::money::{Currency, Money};
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_tests::fixtures::{purchase_body, stored_coupon};
use serde_json::{Value, json};

use crate::coupon_harness::CouponHarness;

const DAY: i64 = 86_400_000;

fn amounts<const N: usize>(of: [(&str, i64); N]) -> BTreeMap<Currency, i64> {
    of.map(|(currency, amount)| (Currency::parse(currency).unwrap(), amount)).into()
}

/// Statistics of redemptions and rollbacks, with discounts and revenue in USD.
fn redeemed(redeemed: i64, rolled_back: i64, discount: i64, revenue: i64) -> Statistics {
    let (discount_given, revenue) = (amounts([("USD", discount)]), amounts([("USD", revenue)]));
    Statistics { redeemed, rolled_back, discount_given, revenue, ..Statistics::default() }
}

#[tokio::test]
async fn statistics_do_not_change_on_a_repeated_delivery() {
    let mut harness = CouponHarness::with(json!({"max_redemptions": 3, "abandonment_window": "PT1H"})).await;
    stored_coupon(&harness.store, "OTHER", json!({})).await;
    for order in ["ord_0", "ord_1"] {
        harness.apply(order, 1).await.unwrap();
    }
    let mut anonymous = purchase_body("FLASH20", "left", "ana@example.com");
    anonymous["customer"] = Value::Null;
    harness.apply_body(&anonymous, 1).await.unwrap();
    harness.redeem_many("ord", 2, 2).await;
    let third = harness.redeem("third", 3).await.unwrap();
    harness.redeem("late", 4).await.unwrap_err();
    harness.roll_back(&third, 5).await;
    harness.redeem("late", 6).await.unwrap();
    harness.shop.redeem("OTHER", "ord_1", "ana@example.com", 7).await.unwrap();
    harness.relay().await;
    harness.fire_due(3_600_001).await;
    harness.relay().await;

    let counted = harness.statistics().await;
    let rejected = [(Rejection::LimitReached, 1)].into();
    assert_eq!(counted.0, Statistics { applied: 3, abandoned: 1, rejected, ..redeemed(4, 1, 3 * 980, 3 * 3920) });
    let again = harness.relay_again().await;
    assert_eq!(
        again.kinds().len(),
        3 + 1 + 1 + 4 + 1 + 1 + 2,
        "all events, including the other coupon's and two reached limits"
    );
    assert_eq!(harness.relay_again().await.events, again.events);
    assert_eq!(harness.statistics().await, counted);
    assert_eq!(harness.coupon().await.times_applied, 3);
}

#[tokio::test]
async fn a_rollback_counts_on_the_day_on_which_it_happens() {
    let mut harness = CouponHarness::with(json!({})).await;
    let first = harness.redeem("ord_1", DAY - 1).await.unwrap();
    harness.redeem("ord_2", DAY).await.unwrap();
    harness.roll_back(&first, 2 * DAY + 5).await;
    harness.relay().await;
    let (total, days) = harness.statistics().await;
    assert_eq!(total, redeemed(2, 1, 980, 3920));
    let expected = [redeemed(1, 0, 980, 3920), redeemed(1, 0, 980, 3920), redeemed(0, 1, -980, -3920)];
    let names = ["2024-10-04", "2024-10-05", "2024-10-06"].map(str::to_owned);
    assert_eq!(days, names.into_iter().zip(expected).collect::<Vec<_>>());
}

#[tokio::test]
async fn amounts_are_added_up_by_currency() {
    let options = json!({"EUR": {"amount_off": 900}, "JPY": {"amount_off": 1500}});
    let discount = json!({"type": "fixed_amount", "amount_off": 1000, "currency": "USD", "currency_options": options});
    let mut harness = CouponHarness::with(json!({"discount": discount})).await;
    for (order, currency) in [("ord_1", "USD"), ("ord_2", "EUR"), ("ord_3", "EUR"), ("ord_4", "JPY")] {
        let mut body = purchase_body("FLASH20", order, "ana@example.com");
        body["order"]["currency"] = json!(currency);
        harness.shop.redeem_body(&body, 1).await.unwrap();
    }
    let mut pounds = purchase_body("FLASH20", "ord_5", "ana@example.com");
    pounds["order"]["currency"] = json!("GBP");
    assert_eq!(harness.shop.redeem_body(&pounds, 1).await, Err(Rejection::CurrencyMismatch));
    let values: Vec<_> = harness.relay().await.of("CouponRedeemed").into_iter().map(|e| e.data.coupon.value).collect();
    let amount = |amount, currency| CouponValue::Amount(Money::new(amount, Currency::parse(currency).unwrap()));
    assert_eq!(values, [amount(1000, "USD"), amount(900, "EUR"), amount(900, "EUR"), amount(1500, "JPY")]);
    let (total, _) = harness.statistics().await;
    assert_eq!(total.discount_given, amounts([("USD", 1000), ("EUR", 1800), ("JPY", 1500)]));
    assert_eq!(total.revenue, amounts([("USD", 3900), ("EUR", 8000), ("JPY", 3400)]));
}

#[tokio::test]
async fn a_maximum_discount_limits_a_percentage_to_its_currencies() {
    let maximum = json!([{"amount": 500, "currency": "USD"}, {"amount": 99_999, "currency": "EUR"}]);
    let harness = CouponHarness::with(json!({"maximum_discount": maximum})).await;
    let apply = async |currency: &str| {
        let mut body = purchase_body("FLASH20", currency, "ana@example.com");
        body["order"]["currency"] = json!(currency);
        harness.apply_body(&body, 1).await.map(|application| application.discount.amount)
    };
    let applied = [apply("USD").await, apply("EUR").await, apply("GBP").await];
    assert_eq!(applied, [Ok(500), Ok(980), Err(Rejection::CurrencyMismatch)]);
}

#[tokio::test]
async fn reading_statistics_takes_two_calls() {
    let mut harness = CouponHarness::with(json!({})).await;
    harness.redeem_many("ord", 90, 1).await;
    harness.relay().await;
    let before = harness.dynamo.calls();
    assert_eq!(harness.statistics().await.0.redeemed, 90);
    assert_eq!(harness.dynamo.calls() - before, 2);
}
