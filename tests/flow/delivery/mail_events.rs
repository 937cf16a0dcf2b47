//! SES events, the suppression list, and senders of tenants.

use aws_sdk_sqs::Client;
use couponflow_app::delivery::mail::{Draft, deliver};
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::Table;
use couponflow_domain::automation::execution::Outcome;
use couponflow_domain::kernel::ids::ExecutionId;
use couponflow_domain::purchases::customer::Email;
use couponflow_tests::fixtures::at;
use couponflow_tests::outbound::outbound_clients;
use couponflow_tests::shop::{Shop, eventually};
use couponflow_tests::{fixtures, local, repository};
use reqwest::Method;
use serde_json::{Value, json};

/// A sample SES event about a mail of this shop to `address`.
fn event(shop: &Shop, sample: &str, address: &str) -> Value {
    let mut event = repository::json(&format!("events/samples/ses-{sample}.json"));
    event["detail"]["mail"]["tags"]["couponflow-tenant"] = json!([shop.tenant]);
    event["detail"]["mail"]["destination"] = json!([address]);
    event
}

async fn queue(shop: &Shop, event: &Value) {
    let sqs = Client::new(&local::sdk_config(shop.stack.aws_endpoint_url.clone()));
    let message = sqs.send_message().queue_url(&shop.stack.events_queue_url).message_body(event.to_string());
    message.send().await.expect("a message on the queue");
}

async fn suppression(shop: &Shop, method: Method, address: &str) -> (u16, Value) {
    let got = shop.send(method, &format!("/v1/suppressions?email={address}"), &shop.keys.admin, None).await;
    (got.status, got.body)
}

#[tokio::test]
async fn a_bounced_address_is_suppressed_until_the_suppression_is_lifted() {
    let shop = Shop::open("bounces").await;
    let address = "ana@bounces.example.com";
    assert_eq!(suppression(&shop, Method::GET, address).await.0, 404);
    queue(&shop, &event(&shop, "bounced", address)).await;
    let found = eventually("the address to be suppressed", async || {
        let (status, body) = suppression(&shop, Method::GET, address).await;
        (status == 200).then_some(body)
    })
    .await;
    assert_eq!(found, json!({"email": address, "reason": "bounced", "updated_at": "2026-11-22T15:01:05Z"}));
    assert_eq!(suppression(&shop, Method::DELETE, address).await.0, 204);
    assert_eq!(suppression(&shop, Method::DELETE, address).await.0, 404);

    queue(&shop, &event(&shop, "bounced", address)).await;
    let other = "bo@bounces.example.com";
    queue(&shop, &event(&shop, "complained", other)).await;
    let found = eventually("the other address to be suppressed", async || {
        let (status, body) = suppression(&shop, Method::GET, other).await;
        (status == 200).then_some(body)
    })
    .await;
    assert_eq!(found["reason"], "complained");
    assert_eq!(
        suppression(&shop, Method::GET, address).await.0,
        404,
        "a repeated old event does not suppress the address again"
    );
}

#[tokio::test]
async fn suppression_requests_require_an_address() {
    let shop = Shop::open("suppressions").await;
    for (path, pointer) in [("", "?email"), ("?email=nobody", "?email"), ("?email=a@b.example&limit=1", "?limit")] {
        let path = format!("/v1/suppressions{path}");
        let refused = shop.send(Method::GET, &path, &shop.keys.admin, None).await.expect(422);
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{path}");
        shop.send(Method::DELETE, &path, &shop.keys.admin, None).await.expect(422);
    }
    shop.send(Method::GET, "/v1/suppressions?email=a@b.example", &shop.keys.server, None).await.expect(403);
}

#[tokio::test]
async fn a_damaged_mail_event_fails_alone() {
    let shop = Shop::open("mail-events").await;
    let good = event(&shop, "complained", "cy@mail-events.example.com");
    let damage = |pointer: &str| {
        let mut damaged = good.clone();
        *damaged.pointer_mut(pointer).unwrap() = json!("cy@mail-events.example.com");
        damaged
    };
    let tags = "/detail/mail/tags/couponflow-tenant";
    let events = [damage("/detail-type"), damage("/detail/complaint"), good.clone(), damage(tags)];
    let record = |(i, event): (usize, &Value)| json!({"messageId": i.to_string(), "body": event.to_string()});
    let batch = json!({"Records": events.iter().enumerate().map(record).collect::<Vec<_>>()});
    // Damaged messages move to a queue of their own, so that no message of the batch is delivered again.
    assert_eq!(shop.invoke("action-executor", &batch).await, (json!({"batchItemFailures": []}), false));
    assert_eq!(suppression(&shop, Method::GET, "cy@mail-events.example.com").await.0, 200);
}

#[tokio::test]
async fn mail_comes_from_the_sender_that_the_operator_set() {
    let shop = Shop::open("senders").await;
    let mut command = repository::json("events/samples/configure-tenant.json");
    let (answer, failed) = shop.invoke("api", &command).await;
    assert!(failed && answer.to_string().contains("tenant my-shop does not exist"), "{answer}");
    let own = &mut command["configure_tenant"];
    own["tenant_id"] = json!(shop.tenant);
    // The only SES identity that is verified on the stack.
    own["sender"]["email"] = json!(shop.stack.sender_email);
    own["sender"]["name"] = json!("Müller, \"Söhne\" & Co");
    let wanted = command["configure_tenant"].clone();
    let (settings, failed) = shop.invoke("api", &command).await;
    assert!(!failed, "{settings}");
    assert_eq!((&settings["tenant_id"], &settings["sender"]), (&wanted["tenant_id"], &wanted["sender"]));
    let faulty = json!({"configure_tenant": {"tenant_id": shop.tenant, "sender": {"email": "x"}}});
    let (answer, failed) = shop.invoke("api", &faulty).await;
    assert!(failed && answer.to_string().contains("configure_tenant/sender/email must be"), "{answer}");

    let config = local::sdk_config(shop.stack.aws_endpoint_url.clone());
    let table = Table::new(aws_sdk_dynamodb::Client::new(&config), shop.stack.table.clone());
    let outbound = outbound_clients(&config, table.clone());
    let address = "dee@senders.example.com";
    let draft = Draft {
        to: vec![Email::parse(address).unwrap()],
        subject: "Welcome, Dée".into(),
        html: Some("<p>Hello</p>".into()),
        text: None,
        unsubscribe_url: Some("https://api.example.com/u?t=1".into()),
        tenant: fixtures::tenant(&shop.tenant),
        execution_id: ExecutionId::new(at(0), [1; 10]),
        step_id: "welcome".into(),
    };
    let outcome = deliver(&table.of(&fixtures::tenant(&shop.tenant)), &outbound, draft).await.unwrap();
    let Outcome::Completed(output) = outcome else { panic!("{outcome:?}") };
    let mail = shop.mail_to(address).await;
    assert_eq!(mail.len(), 1);
    assert_eq!(mail[0]["MessageId"], output["message_id"]);
    let from = format!("=?utf-8?Q?M=C3=BCller=2C_=22S=C3=B6hne=22_=26_Co?= <{}>", shop.stack.sender_email);
    assert_eq!((&mail[0]["Source"], &mail[0]["BodyText"]), (&json!(from), &json!("Hello")));
}

#[tokio::test]
async fn an_operator_pauses_and_resumes_the_mail_of_a_tenant() {
    let shop = Shop::open("pauses").await;
    let command = async |name: &str| {
        let mut command = repository::json(&format!("events/samples/{name}-mail.json"));
        command[format!("{name}_mail")]["tenant_id"] = json!(shop.tenant);
        shop.invoke("api", &command).await
    };
    let state =
        |mail: &str, changed: bool| (json!({"tenant_id": shop.tenant, "mail": mail, "changed": changed}), false);
    assert_eq!(command("pause").await, state("paused", true));
    assert_eq!(command("pause").await, state("paused", false));
    shop.coupon("FLASH20", json!({})).await;
    let thanks = json!({"name": "thanks", "trigger": {"type": "coupon_redeemed"}, "steps": [
        {"id": "mail", "type": "send_email", "subject": "Thanks", "text": "t"}]});
    let workflow = shop.workflow(thanks).await;
    shop.redeem(&fixtures::purchase_body("FLASH20", "ord_1", "ana@pauses.example.com")).await.expect(201);
    let waiting = eventually("the step to wait", async || {
        shop.executions(&workflow).await.into_iter().find(|execution| execution["status"] == "waiting")
    })
    .await;
    let detail = waiting["steps"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("paused: an operator paused it"), "{detail}");
    assert_eq!(command("resume").await, state("active", true));
    let (answer, failed) = shop.invoke("api", &json!({"pause_mail": {"tenant_id": "X"}})).await;
    assert!(failed && answer.to_string().contains("pause_mail/tenant_id must"), "{answer}");
    for name in ["pause", "resume"] {
        let (answer, failed) = shop.invoke("api", &json!({format!("{name}_mail"): {"tenant_id": "absent"}})).await;
        assert!(failed && answer.to_string().contains("tenant absent does not exist"), "{answer}");
    }
}
