//! A read that sees half of an edit.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::ports::{ReadCoupons as _, TenantStores as _};
use couponflow_tests::given;
use serde_json::json;

use crate::scene::Scene;

type Item = HashMap<String, AttributeValue>;

async fn terms(scene: &Scene) -> Item {
    let key = |text: String| AttributeValue::S(text);
    let get = scene.dynamo.client.get_item().table_name("couponflow");
    let get = get.key("pk", key(format!("t#demo#coupon#{}", scene.id))).key("sk", key("terms".to_owned()));
    get.send().await.unwrap().item.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_read_of_counter_and_terms_is_repeated() {
    let scene = Scene::with(json!({})).await;
    let before = terms(&scene).await;
    let edited = scene.edited(json!({"max_redemptions": 5}), 1).await;
    let (after, client) = (terms(&scene).await, scene.dynamo.client.clone());
    client.put_item().table_name("couponflow").set_item(Some(before)).send().await.unwrap();
    let the_rest = async move || {
        client.put_item().table_name("couponflow").set_item(Some(after)).send().await.unwrap();
    };
    let store = scene.dynamo.interrupted_instance(1, the_rest).of(&given::tenant("demo"));
    assert_eq!(store.coupon(&scene.id).await.unwrap(), Some(edited));
}
