//! Lists of redemptions.

use couponflow_app::kernel::page::PageRequest;
use couponflow_app::purchases::ports::{PurchaseStore as _, RedemptionQuery};
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::kernel::counters::RedemptionNumber;
use couponflow_domain::purchases::Redemption;
use couponflow_domain::purchases::customer::Email;
use couponflow_tests::fixtures::{purchase_body, stored_coupon};
use serde_json::{Value, json};

use crate::coupon_harness::CouponHarness;

/// The order ids of matching redemptions, newest first, read in pages of `limit`.
async fn orders(harness: &CouponHarness, query: &RedemptionQuery, limit: usize) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = harness.store.redemptions(query, &PageRequest { limit, cursor }).await.unwrap();
        assert!(page.data.len() <= limit);
        found.extend(page.data.into_iter().map(|redemption| redemption.order.id.clone()));
        cursor = page.next_cursor;
        if cursor.is_none() {
            return found;
        }
    }
}

/// Creates five redemptions of two coupons, by two named customers and an anonymous customer. The
/// second redemption is rolled back.
async fn history() -> CouponHarness {
    let mut harness = CouponHarness::with(json!({})).await;
    stored_coupon(&harness.store, "OTHER", json!({})).await;
    let ana = json!({"email": "ana@example.com", "id": "cust_1"});
    let bo = json!({"id": "cust_2"});
    let redeem = async |code: &str, order: &str, customer: &Value, now_ms: i64| -> Redemption {
        let mut body = purchase_body(code, order, "ana@example.com");
        body["customer"] = customer.clone();
        harness.shop.redeem_body(&body, now_ms).await.unwrap()
    };
    redeem("FLASH20", "ord_1", &ana, 1).await;
    let second = redeem("FLASH20", "ord_2", &bo, 2).await;
    redeem("OTHER", "ord_2", &ana, 3).await;
    redeem("FLASH20", "ord_3", &ana, 4).await;
    redeem("OTHER", "ord_4", &Value::Null, 5).await;
    harness.roll_back(&second, 6).await;
    harness.relay().await;
    harness
}

#[tokio::test]
async fn redemptions_are_found_by_every_filter_including_rolled_back_ones() {
    let harness = history().await;
    let any = RedemptionQuery::default;
    let code = |code: &str| Some(CouponCode::parse(code).unwrap());
    let email = |email: &str| Some(Email::parse(email).unwrap());
    for (query, expected) in [
        (any(), vec!["ord_4", "ord_3", "ord_2", "ord_2", "ord_1"]),
        (RedemptionQuery { coupon_id: Some(harness.id.clone()), ..any() }, vec!["ord_3", "ord_2", "ord_1"]),
        (RedemptionQuery { code: code("other"), ..any() }, vec!["ord_4", "ord_2"]),
        (RedemptionQuery { order_id: Some("ord_2".into()), ..any() }, vec!["ord_2", "ord_2"]),
        (RedemptionQuery { customer_email: email("ANA@Example.com"), ..any() }, vec!["ord_3", "ord_2", "ord_1"]),
        (RedemptionQuery { customer_id: Some("cust_2".into()), ..any() }, vec!["ord_2"]),
        (RedemptionQuery { code: code("OTHER"), customer_id: Some("cust_1".into()), ..any() }, vec!["ord_2"]),
        (RedemptionQuery { code: code("OTHER"), customer_id: Some("cust_2".into()), ..any() }, vec![]),
        (RedemptionQuery { order_id: Some("ord".into()), ..any() }, vec![]),
    ] {
        assert_eq!(orders(&harness, &query, 10).await, expected, "{query:?}");
        assert_eq!(orders(&harness, &query, 1).await, expected, "one by one: {query:?}");
    }
}

#[tokio::test]
async fn a_rolled_back_redemption_is_listed_beside_the_new_redemption_of_its_order() {
    let mut harness = CouponHarness::with(json!({})).await;
    let first = harness.redeem("ord_1", 1).await.unwrap();
    harness.roll_back(&first, 2).await;
    let again = harness.redeem("ord_1", 3).await.unwrap();
    let all = PageRequest { limit: 10, cursor: None };
    let listed = async || harness.store.redemptions(&RedemptionQuery::default(), &all).await.unwrap().data;
    assert_eq!(listed().await, [], "redemptions are listed only once they are numbered");
    harness.relay().await;
    let listed = harness.store.redemptions(&RedemptionQuery::default(), &all).await.unwrap().data;
    let told: Vec<_> =
        listed.iter().map(|r| (&r.id, r.redemption_number.map(RedemptionNumber::get), r.rollback.is_some())).collect();
    assert_eq!(told, [(&again.id, Some(2), false), (&first.id, Some(1), true)]);
}
