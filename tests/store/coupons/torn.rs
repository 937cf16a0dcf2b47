//! A torn read: it sees the counter after an edit, but the terms before the edit.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_tests::fixtures;
use serde_json::json;

use crate::coupon_harness::CouponHarness;

type Item = HashMap<String, AttributeValue>;

async fn terms(harness: &CouponHarness) -> Item {
    let key = |text: String| AttributeValue::S(text);
    let get = harness.dynamo.client.get_item().table_name("couponflow");
    let get = get.key("pk", key(format!("t#demo#coupon#{}", harness.id))).key("sk", key("terms".to_owned()));
    get.send().await.unwrap().item.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_read_of_counter_and_terms_is_repeated() {
    let harness = CouponHarness::with(json!({})).await;
    let before = terms(&harness).await;
    let edited = harness.edited(json!({"max_redemptions": 5}), 1).await;
    let (after, client) = (terms(&harness).await, harness.dynamo.client.clone());
    client.put_item().table_name("couponflow").set_item(Some(before)).send().await.unwrap();
    let the_rest = async move || {
        client.put_item().table_name("couponflow").set_item(Some(after)).send().await.unwrap();
    };
    let store = harness.dynamo.interrupted_instance(1, the_rest).of(&fixtures::tenant("demo"));
    assert_eq!(store.coupon(&harness.id).await.unwrap(), Some(edited));
}
