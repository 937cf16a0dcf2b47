//! Webhook bodies, and messages with missing values.

use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::delivery::ports::DeliveryStore as _;
use couponflow_domain::automation::execution::ExecutionStatus;
use couponflow_domain::delivery::webhook::SigningSecret;
use couponflow_domain::kernel::ids::SigningSecretId;
use couponflow_tests::fixtures::{at, stored_coupon};
use couponflow_tests::harness::{ExecutorHarness, steps_of};
use couponflow_tests::steps::tag;
use serde_json::{Value, json};

const ANA: &str = "ana@example.com";
const NAME: &str = "Ana \"Nana\" \\ O'Neil";

fn hook(id: &str, body: Value) -> Value {
    json!({"id": id, "type": "webhook", "url": "https://hooks.example.com/x", "body": body})
}

#[tokio::test]
async fn webhook_json_is_escaped_and_plain_text_is_sent_as_text() {
    let harness = ExecutorHarness::new().await;
    harness
        .store
        .rotate_signing_secret(SigningSecret::new(SigningSecretId::new(at(0), [1; 10]), [[1; 10]; 3], at(0)), at(0))
        .await
        .unwrap();
    let coupon = stored_coupon(&harness.store, "VIP50", json!({})).await;
    let steps = json!([
        hook(
            "value",
            json!({"name": "{{customer.first_name}}", "total": "{{order.total.amount}}", "last": "{{customer.last_name}}"})
        ),
        hook("text", json!("{\"name\": {{customer.first_name|tojson}}}")),
        hook("plain", json!("{{customer.first_name}} paid {{order.total|money}}"))
    ]);
    harness.publish("hooks", "coupon_redeemed", steps, json!({})).await;
    let mut event = harness.redeemed_event(&coupon, "ord_1", ANA, 2000);
    event.data.customer.as_mut().unwrap().first_name = Some(NAME.into());
    let total = event.data.order.as_ref().unwrap().total.amount;
    harness.handle(&event).await;
    let posts = harness.outbound.posts();
    let type_of = |post: usize| {
        posts[post].headers.iter().find(|(name, _)| name == "content-type").map(|(_, value)| value.as_str())
    };
    let json_of = |post: usize| serde_json::from_str::<Value>(&posts[post].body).unwrap();
    assert_eq!(json_of(0), json!({"name": NAME, "total": total, "last": null}));
    assert_eq!(json_of(1), json!({"name": NAME}));
    assert_eq!((type_of(0), type_of(1)), (Some("application/json"), Some("application/json")));
    assert_eq!(type_of(2), Some("text/plain; charset=utf-8"));
    assert!(posts[2].body.starts_with(&format!("{NAME} paid $")), "{}", posts[2].body.as_str());
}

#[tokio::test]
async fn a_message_with_a_missing_value_is_skipped_and_the_run_continues() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "NOBACK", json!({"max_redemptions": 1})).await;
    let slack = |id: &str, text: &str| json!({"id": id, "type": "notify", "channel": "slack", "url": "https://hooks.example.com/x", "text": text});
    let steps = json!([
        {"id": "swap", "type": "replace_with_backup_coupon"},
        slack("tell", "NOBACK is used up, now {{steps.swap.code}}"),
        slack("still", "NOBACK is used up, now {{steps.swap.code|default('nothing')}}"),
        {"id": "mail", "type": "send_email", "subject": "Thank you, {{customer.last_name}}", "text": "t"},
        tag("end")]);
    let workflow = harness.publish("swap", "coupon_redeemed", steps, json!({})).await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    let execution = harness.execution_of(&workflow).await;
    assert_eq!(execution.status, ExecutionStatus::Completed);
    assert_eq!(
        steps_of(&execution),
        ["swap skipped", "tell skipped", "still completed", "mail skipped", "end completed"]
    );
    let why = |step: usize| execution.steps[step].detail.clone().unwrap_or_default();
    assert_eq!(why(1), "steps.swap.code has no value and no |default in the template");
    assert_eq!(why(3), "customer.last_name has no value and no |default in the template");
    let posts = harness.outbound.posts();
    assert_eq!(posts.len(), 1);
    assert!(posts[0].body.contains("now nothing"), "{}", posts[0].body.as_str());
    assert!(harness.outbound.subjects().is_empty());
}

#[tokio::test]
async fn a_saved_body_that_renders_to_invalid_json_is_not_sent() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "VIP50", json!({})).await;
    let steps = json!([hook("old", json!("{\"name\": \"{{customer.first_name}}\"}"))]);
    let workflow = harness.publish_saved("old", "coupon_redeemed", steps, json!({})).await;
    let mut event = harness.redeemed_event(&coupon, "ord_1", ANA, 2000);
    event.data.customer.as_mut().unwrap().first_name = Some(NAME.into());
    harness.handle(&event).await;
    let execution = harness.execution_of(&workflow).await;
    assert_eq!(execution.status, ExecutionStatus::Failed);
    assert!(execution.steps[0].detail.as_ref().unwrap().contains("|tojson"), "{:?}", execution.steps[0].detail);
    assert!(harness.outbound.posts().is_empty());
}

#[tokio::test]
async fn redeeming_the_generated_coupon_meets_the_goal() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let steps = json!([
        {"id": "gift", "type": "generate_coupon", "coupon": {"name": "Gift",
            "discount": {"type": "percentage", "percent_off": 5}}},
        {"id": "pause", "type": "wait", "for": "P7D"},
        {"id": "remind", "type": "send_email", "subject": "Use it", "text": "{{steps.gift.code}}"},
        {"id": "used", "type": "goal", "event": "coupon_redeemed", "coupon": {"step": "gift"}}]);
    let workflow = harness
        .publish(
            "gift",
            "coupon_redeemed",
            steps,
            json!({"trigger": {"type": "coupon_redeemed",
        "filters": [{"field": "coupon_code", "operator": "is", "value": "FLASH20"}]}}),
        )
        .await;
    harness.handle(&harness.redeemed_event(&coupon, "ord_1", ANA, 2000)).await;
    let id = harness.execution_of(&workflow).await.outputs()["gift"]["coupon_id"].clone();
    let gift = harness.store.coupon(&serde_json::from_value(id).unwrap()).await.unwrap().unwrap();
    let other = stored_coupon(&harness.store, "OTHER", json!({})).await;
    harness.handle(&harness.redeemed_event(&other, "ord_2", ANA, 3000)).await;
    assert_eq!(harness.execution_of(&workflow).await.status, ExecutionStatus::Waiting);
    harness.handle(&harness.redeemed_event(&gift, "ord_3", ANA, 4000)).await;
    harness.advance_to(8 * 86_400_000).await;
    let done = harness.execution_of(&workflow).await;
    assert_eq!(steps_of(&done), ["gift completed", "pause skipped", "used completed"]);
    assert!(harness.outbound.subjects().is_empty(), "no reminder is sent");
}
