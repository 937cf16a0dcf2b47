//! Overdue timers: an operator lists and requeues the timers that an earlier version set aside.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::timers::timer::{Purpose, Timer};
use couponflow_tests::due::timer_attribute;
use couponflow_tests::fixtures::at;
use couponflow_tests::shop::{Shop, eventually};
use couponflow_tests::{fixtures, local, repository};
use serde_json::{Value, json};

/// Lists the overdue timers of a shop.
async fn listed(shop: &Shop) -> Vec<Value> {
    let list = repository::json("events/samples/list-overdue-timers.json");
    let (page, failed) = shop.invoke("api", &list).await;
    assert!(!failed, "{page}");
    let of_shop = |entry: &&Value| entry["timer"]["tenant_id"] == shop.tenant.as_str();
    page["data"].as_array().unwrap().iter().filter(of_shop).cloned().collect()
}

#[tokio::test]
async fn a_set_aside_timer_is_listed_requeued_and_fires() {
    let shop = Shop::open("overdue").await;
    let purpose = Purpose::CouponExpiry { coupon_id: CouponId::new(at(0), [7; 10]) };
    let timer = Timer { tenant_id: fixtures::tenant(&shop.tenant), due_at: at(0), purpose };
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let client = Client::new(&local::sdk_config(shop.stack.aws_endpoint_url.clone()));
    let put = client.put_item().table_name(&shop.stack.table).item("pk", text("timers#set-aside"));
    let put = put.item("sk", text(&timer.key())).item("kind", text("TIMER_SET_ASIDE"));
    put.item("timer", timer_attribute(&timer)).send().await.unwrap();

    assert_eq!(listed(&shop).await, [json!({"timer": timer, "retry_at": null})]);
    let mut requeue = repository::json("events/samples/requeue-overdue-timers.json");
    requeue["requeue_overdue_timers"]["tenant_id"] = json!(shop.tenant);
    assert_eq!(shop.invoke("api", &requeue).await, (json!({"requeued": 1, "has_more": false}), false));
    eventually("the timer to fire and to leave the list", async || {
        let (scanned, failed) = shop.invoke("expiry-scan", &repository::json("events/samples/schedule.json")).await;
        assert!(!failed, "{scanned}");
        listed(&shop).await.is_empty().then_some(())
    })
    .await;

    let faulty = json!({"requeue_overdue_timers": {"tenant": "demo"}});
    let (answer, failed) = shop.invoke("api", &faulty).await;
    assert!(failed && answer.to_string().contains("requeue_overdue_timers/tenant"), "{answer}");
}
