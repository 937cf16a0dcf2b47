//! The list of published workflows in an executor instance, and the workflows that an event
//! triggers.

use std::time::Instant;

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::automation::ports::{AutomationStore as _, Workflow};
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::automation::filter::Subject;
use couponflow_domain::events::event::{CouponSnapshot, Event};
use couponflow_domain::kernel::counters::{RedemptionNumber, WorkflowVersion};
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_domain::tenants::quota::Quotas;
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::at;
use couponflow_tests::shop::eventually;
use couponflow_tests::table::Dynamo;
use futures_util::future::join_all;
use serde_json::{Value, json};

fn draft(number: u8, trigger: Value) -> Workflow {
    let steps = json!([{"id": "tag", "type": "add_tag", "tag": "t"}]);
    let document = json!({"name": format!("w{number}"), "trigger": trigger, "steps": steps});
    Workflow::draft(WorkflowId::new(at(0), [number; 10]), document, at(0))
}

/// A trigger on redemptions of one code.
fn of_code(code: &str) -> Value {
    json!({"type": "coupon_redeemed", "filters": [{"field": "coupon_code", "operator": "is", "value": code}]})
}

async fn published(operator: &TenantStore, draft: Workflow) -> Workflow {
    operator.create_workflow(&draft).await.unwrap();
    operator.publish_workflow(&draft, &Quotas::default(), at(1)).await.unwrap().unwrap().unwrap()
}

fn redeemed(code: &str) -> Event {
    let coupon = fixtures::coupon(code, json!({}));
    let redemption = fixtures::redemption(&coupon, "ord_1", "ana@example.com", at(1));
    Event::coupon_redeemed(
        &fixtures::tenant("demo"),
        CouponSnapshot::from(&coupon),
        &redemption,
        RedemptionNumber::FIRST,
        None,
    )
}

async fn matching(executor: &TenantStore, event: &Event) -> Vec<(WorkflowId, i64)> {
    let matching = executor.matching(Subject { event, tags: None }).await.unwrap();
    matching.iter().map(|published| (published.id.clone(), published.version.get())).collect()
}

/// Waits until the executor matches the event with exactly these workflows and versions.
async fn wait_until_matching(executor: &TenantStore, event: &Event, expected: &[(&Workflow, i64)]) {
    let expected: Vec<_> = expected.iter().map(|(workflow, version)| (workflow.id.clone(), *version)).collect();
    let seen = async || (matching(executor, event).await == expected).then_some(());
    eventually("the workflows that are published now", seen).await;
}

/// Partition of the list of a trigger.
fn list_of(trigger: &str) -> String {
    format!("t#demo#published#{trigger}")
}

/// Sets an attribute of a stored item.
async fn set(dynamo: &Dynamo, pk: &str, sk: &str, attribute: &str, value: AttributeValue) {
    let update = dynamo.client.update_item().table_name("couponflow");
    let update = update.key("pk", AttributeValue::S(pk.to_owned())).key("sk", AttributeValue::S(sk.to_owned()));
    let update = update.update_expression("SET #a = :v").expression_attribute_names("#a", attribute);
    update.expression_attribute_values(":v", value).send().await.unwrap();
}

/// Replaces the stored document of the first version of a workflow.
async fn damage_version(dynamo: &Dynamo, workflow: &Workflow, document: &str) {
    let versions = format!("t#demo#workflow#{}", workflow.id);
    set(dynamo, &versions, "version#00000001", "document", AttributeValue::S(document.to_owned())).await;
}

/// Whether the list of a trigger contains the workflow.
async fn is_listed(dynamo: &Dynamo, trigger: &str, workflow: &Workflow) -> bool {
    let read = dynamo.client.get_item().table_name("couponflow").consistent_read(true);
    let read = read.key("pk", AttributeValue::S(list_of(trigger)));
    let read = read.key("sk", AttributeValue::S(workflow.id.as_str().to_owned()));
    read.send().await.unwrap().item.is_some()
}

#[tokio::test]
async fn an_event_triggers_the_matching_published_workflows_in_id_order() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let second = published(&store, draft(2, of_code("MEMBER20"))).await;
    let first = published(&store, draft(1, json!({"type": "coupon_redeemed"}))).await;
    published(&store, draft(3, of_code("OTHER"))).await;
    published(&store, draft(4, json!({"type": "coupon_applied"}))).await;
    published(&store, draft(5, json!({"type": "manual"}))).await;
    store.create_workflow(&draft(6, of_code("MEMBER20"))).await.unwrap();
    let stranger = dynamo.instance().of(&fixtures::tenant("other"));
    published(&stranger, draft(7, of_code("MEMBER20"))).await;
    assert_eq!(matching(&store, &redeemed("MEMBER20")).await, [(first.id, 1), (second.id, 1)]);
}

#[tokio::test]
async fn a_warm_instance_soon_sees_publishing_and_pausing() {
    let dynamo = Dynamo::start().await;
    let operator = dynamo.instance().of(&fixtures::tenant("demo"));
    let executor = dynamo.instance().of(&fixtures::tenant("demo"));
    let (event, workflow) = (redeemed("MEMBER20"), draft(1, of_code("MEMBER20")));
    assert!(matching(&executor, &event).await.is_empty());
    let workflow = published(&operator, workflow).await;
    wait_until_matching(&executor, &event, &[(&workflow, 1)]).await;
    assert_eq!(executor.published(&workflow.id).await.unwrap().map(|published| published.version.get()), Some(1));
    operator.pause_workflow(&workflow, at(3)).await.unwrap().unwrap();
    assert!(executor.published(&workflow.id).await.unwrap().is_none());
    wait_until_matching(&executor, &event, &[]).await;
    assert!(
        executor.version(&workflow.id, WorkflowVersion::FIRST).await.unwrap().is_some(),
        "executions in progress keep their version"
    );
}

#[tokio::test]
async fn a_stale_copy_can_neither_publish_nor_pause() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let old = draft(1, of_code("MEMBER20"));
    published(&store, old.clone()).await;
    assert!(store.publish_workflow(&old, &Quotas::default(), at(2)).await.unwrap().unwrap().is_none());
    assert!(store.pause_workflow(&old, at(2)).await.unwrap().is_none());
    assert_eq!(matching(&store, &redeemed("MEMBER20")).await.len(), 1);
}

#[tokio::test]
async fn a_new_version_replaces_the_old_one_even_under_another_trigger() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let event = redeemed("MEMBER20");
    let mut workflow = published(&store, draft(1, of_code("MEMBER20"))).await;
    wait_until_matching(&store, &event, &[(&workflow, 1)]).await;
    workflow.document["trigger"] = json!({"type": "coupon_applied"});
    let mut workflow = store.publish_workflow(&workflow, &Quotas::default(), at(2)).await.unwrap().unwrap().unwrap();
    wait_until_matching(&store, &event, &[]).await;
    workflow.document["trigger"] = of_code("MEMBER20");
    let mut workflow = store.publish_workflow(&workflow, &Quotas::default(), at(3)).await.unwrap().unwrap().unwrap();
    wait_until_matching(&store, &event, &[(&workflow, 3)]).await;
    // The edited trigger was not published, so pausing must remove the workflow from the list of
    // the published trigger.
    workflow.document["trigger"] = json!({"type": "coupon_applied"});
    store.pause_workflow(&workflow, at(4)).await.unwrap().unwrap();
    wait_until_matching(&store, &event, &[]).await;
}

#[tokio::test]
async fn the_workflow_list_is_read_once_and_rechecked_once_a_second() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    for number in 0..20 {
        published(&store, draft(number, of_code("OTHER"))).await;
    }
    let (event, began, before) = (redeemed("MEMBER20"), Instant::now(), dynamo.calls());
    join_all((0..10).map(|_| matching(&store, &event))).await;
    for _ in 0..100 {
        matching(&store, &event).await;
    }
    let seconds = usize::try_from(began.elapsed().as_secs()).unwrap() + 1;
    assert!(dynamo.calls() - before <= 1 + seconds, "{} calls in {seconds} s", dynamo.calls() - before);
}

#[tokio::test]
async fn a_workflow_list_of_many_pages_is_read_completely() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let codes = |number: u8| -> Vec<String> { (0..450).map(|i| format!("{}{number}X{i}", "C".repeat(25))).collect() };
    let trigger = |number: u8| {
        let codes = [codes(number), vec!["MEMBER20".to_owned()]].concat();
        json!({"type": "coupon_redeemed", "filters": [{"field": "coupon_code", "operator": "is_any_of", "value": codes}]})
    };
    for number in 0..120 {
        published(&store, draft(number, trigger(number))).await;
    }
    assert_eq!(matching(&store, &redeemed("MEMBER20")).await.len(), 120);
}

#[tokio::test]
async fn damaged_workflows_are_skipped_and_stop_no_other() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let mut workflows = Vec::new();
    for number in 1..=5 {
        workflows.push(published(&store, draft(number, of_code("MEMBER20"))).await);
    }
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let list = list_of("coupon_redeemed");
    set(&dynamo, &list, workflows[0].id.as_str(), "filters", text("[{")).await;
    let unknown_field = text(r#"[{"field": "colour", "operator": "is"}]"#);
    set(&dynamo, &list, workflows[1].id.as_str(), "filters", unknown_field).await;
    set(&dynamo, &list, workflows[2].id.as_str(), "version", AttributeValue::N("9".into())).await;
    damage_version(&dynamo, &workflows[3], r#"{"name": 5}"#).await;
    assert_eq!(matching(&store, &redeemed("MEMBER20")).await, [(workflows[4].id.clone(), 1)]);
}

#[tokio::test]
async fn a_workflow_with_an_unreadable_version_leaves_the_list_of_its_trigger() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    // The next publication succeeds only if the workflow before it is no longer counted.
    let quotas = Quotas { published_workflows: Some(1), ..Quotas::default() };
    let mut number = 0;
    for document in ["[{", r#"{"name": 5}"#, r#"{"trigger": {"type": "eclipse"}}"#] {
        for operation in ["pause", "delete", "publish"] {
            number += 1;
            let first = draft(number, of_code("MEMBER20"));
            store.create_workflow(&first).await.unwrap();
            let published = store.publish_workflow(&first, &quotas, at(1)).await.unwrap();
            let mut workflow = published.unwrap_or_else(|quota| panic!("{operation} {document}: {quota:?}")).unwrap();
            assert!(is_listed(&dynamo, "coupon_redeemed", &workflow).await);
            damage_version(&dynamo, &workflow, document).await;
            workflow.document["trigger"] = json!({"type": "coupon_applied"});
            let changed = match operation {
                "pause" => store.pause_workflow(&workflow, at(2)).await.unwrap(),
                "delete" => store.delete_workflow(&workflow, at(2)).await.unwrap(),
                _ => store.publish_workflow(&workflow, &quotas, at(2)).await.unwrap().unwrap(),
            };
            let changed = changed.unwrap();
            assert!(!is_listed(&dynamo, "coupon_redeemed", &changed).await, "{operation} {document}");
            assert_eq!(is_listed(&dynamo, "coupon_applied", &changed).await, operation == "publish", "{document}");
            if operation == "publish" {
                store.pause_workflow(&changed, at(3)).await.unwrap().unwrap();
            }
        }
    }
    assert_eq!(number, 9);
}
