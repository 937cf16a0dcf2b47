//! Rejections as events and statistics.

use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::coupons::ports::StatisticsQuery;
use couponflow_domain::coupons::coupon::State;
use couponflow_domain::events::event::Event;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_tests::fixtures::{at, purchase_body};
use serde_json::json;

use crate::coupon_harness::CouponHarness;

/// The reason, the order and the correlation id of a rejection.
fn told(event: &Event) -> (Rejection, String, String) {
    let order = event.data.order.as_ref().unwrap();
    assert_eq!((order.discount.amount, order.total), (0, order.value), "a rejected order has no discount");
    (event.data.rejection.unwrap(), order.id.clone(), event.metadata.correlation_id.clone().unwrap().to_string())
}

#[tokio::test]
async fn every_rejected_attempt_is_one_event_even_if_its_record_is_repeated() {
    let mut harness = CouponHarness::with(json!({"max_redemptions": 1})).await;
    harness.redeem("ord_1", 1).await.unwrap();
    for order in ["ord_2", "ord_2"] {
        assert_eq!(harness.redeem(order, 2).await, Err(Rejection::LimitReached));
    }
    assert_eq!(harness.apply("ord_3", 3).await, Err(Rejection::LimitReached));
    let output = harness.relay().await.of("CouponRejected");
    let rejected: Vec<_> = output.iter().map(told).collect();
    assert_eq!(rejected[2], (Rejection::LimitReached, "ord_3".to_owned(), "apply-ord_3-3".to_owned()));
    assert_eq!((&rejected[0].1, &rejected[1].1, rejected.len()), (&"ord_2".to_owned(), &"ord_2".to_owned(), 3));
    assert_ne!(rejected[0].2, rejected[1].2, "two attempts have two correlation ids");
    let (before, _) = harness.statistics().await;
    assert_eq!(before.rejected, [(Rejection::LimitReached, 3)].into());
    assert_eq!(harness.relay_again().await.of("CouponRejected"), output);
    assert_eq!(harness.statistics().await.0, before);
}

#[tokio::test]
async fn the_true_rejection_reason_is_published_and_counted() {
    let terms = json!({"minimum_order_value": {"amount": 4900, "currency": "USD"},
        "applies_to": {"products": ["prod_1"]}, "max_redemptions_per_customer": 1});
    let mut harness = CouponHarness::with(terms).await;
    let mut small = purchase_body("FLASH20", "small", "ana@example.com");
    small["order"]["lines"][0]["unit_amount"] = json!(4899);
    let mut other = purchase_body("FLASH20", "other", "ana@example.com");
    other["order"]["lines"][0]["product_id"] = json!("prod_2");
    let mut anonymous = purchase_body("FLASH20", "anonymous", "ana@example.com");
    anonymous["customer"] = json!(null);
    for body in [small, other, anonymous] {
        harness.shop.redeem_body(&body, 1).await.unwrap_err();
    }
    harness.redeem("first", 2).await.unwrap();
    harness.redeem("second", 3).await.unwrap_err();
    assert!(harness.store.set_state(&harness.coupon().await, State::Paused, at(4)).await.unwrap());
    harness.apply("paused", 5).await.unwrap_err();
    let output = harness.relay().await.of("CouponRejected");
    let reasons: Vec<_> = output.iter().map(|event| told(event).0).collect();
    let expected = [
        Rejection::MinimumOrderNotMet,
        Rejection::ProductsNotEligible,
        Rejection::CustomerRequired,
        Rejection::CustomerLimitReached,
        Rejection::CouponPaused,
    ];
    assert_eq!(reasons, expected);
    assert_eq!(harness.statistics().await.0.rejected, expected.map(|reason| (reason, 1)).into());
}

#[tokio::test]
async fn each_attempt_with_an_unknown_code_is_counted_once_and_publishes_no_event() {
    let mut harness = CouponHarness::with(json!({})).await;
    for (i, code) in ["NOBODYS", "NOONES", "NOBODYS"].iter().enumerate() {
        let body = purchase_body(code, "ord_1", "ana@example.com");
        assert_eq!(harness.apply_body(&body, i as i64).await, Err(Rejection::CouponNotFound));
    }
    assert_eq!(harness.shop.redeem("NOBODYS", "ord_1", "ana@example.com", 4).await, Err(Rejection::CouponNotFound));
    assert_eq!(harness.relay().await.kinds(), [""; 0]);
    assert_eq!(harness.relay_again().await.kinds(), [""; 0]);
    let day = at(0).date_naive();
    let query = StatisticsQuery { coupon_id: None, from: day, to: day };
    let (total, days) = harness.store.statistics(&query).await.unwrap();
    assert_eq!(total.rejected, [(Rejection::CouponNotFound, 4)].into());
    assert_eq!(days, [(day, total)]);
}
