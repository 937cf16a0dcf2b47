//! Notifications to an SNS topic, from the workflow to the subscriber.

use aws_sdk_sqs::types::QueueAttributeName;
use couponflow_tests::fixtures::purchase_body;
use couponflow_tests::local;
use couponflow_tests::shop::{Shop, eventually};
use serde_json::{Value, json};

#[tokio::test]
async fn subscribers_of_a_topic_receive_the_notification() {
    let shop = Shop::open("topics").await;
    shop.coupon("VIP50", json!({})).await;
    let config = local::sdk_config(shop.stack.aws_endpoint_url.clone());
    let (sns, sqs) = (aws_sdk_sns::Client::new(&config), aws_sdk_sqs::Client::new(&config));
    let topic = sns.create_topic().name("couponflow-topics_sales").send().await.unwrap().topic_arn.unwrap();
    let may_send = json!({"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
        "Resource": "*", "Condition": {"ArnEquals": {"aws:SourceArn": topic}}});
    let policy = json!({"Version": "2012-10-17", "Statement": [may_send]}).to_string();
    let create = sqs.create_queue().queue_name("topics-sales").attributes(QueueAttributeName::Policy, policy);
    let queue = create.send().await.unwrap().queue_url.unwrap();
    let of_queue = sqs.get_queue_attributes().queue_url(&queue).attribute_names(QueueAttributeName::QueueArn);
    let of_queue = of_queue.send().await.unwrap().attributes.unwrap();
    let subscribe =
        sns.subscribe().topic_arn(&topic).protocol("sqs").endpoint(&of_queue[&QueueAttributeName::QueueArn]);
    subscribe.send().await.unwrap();
    let text = "{{customer.first_name}} saved {{order.discount|money}}";
    let tell =
        json!({"id": "tell", "type": "notify", "channel": "sns", "topic_arn": topic, "subject": "VIP", "text": text});
    shop.workflow(json!({"name": "tell", "trigger": {"type": "coupon_redeemed"}, "steps": [tell]})).await;
    shop.redeem(&purchase_body("VIP50", "ord_1", "ana@topics.example.com")).await.expect(201);
    let told = eventually("the subscriber to receive the message", async || {
        let got = sqs.receive_message().queue_url(&queue).send().await.unwrap().messages.unwrap_or_default();
        Some(serde_json::from_str::<Value>(got.first()?.body()?).unwrap())
    })
    .await;
    assert_eq!((&told["Subject"], &told["Message"]), (&json!("VIP"), &json!("Ana saved $9.80")));
}
