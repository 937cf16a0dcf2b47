//! Measures operations whose cost grows with the size of a tenant: loading many workflows, matching
//! an event against them, and a fan-out to a large audience.
//!
//! The figures depend on the machine and on the DynamoDB stand-in. They are for comparison. No test
//! asserts them.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::types::{AttributeValue, StreamSpecification};
use couponflow_app::automation::ports::{AutomationStore as _, Workflow};
use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_app::timers::fire::FireOutcome;
use couponflow_domain::automation::execution::Execution;
use couponflow_domain::automation::filter::{Facts, Filter, FilterIndex, Subject};
use couponflow_domain::automation::workflow::Trigger;
use couponflow_domain::contacts::contact::Contact;
use couponflow_domain::events::event::{Detail, Event, EventType, sample};
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::kernel::ids::WorkflowId;
use couponflow_domain::purchases::customer::{Customer, Email};
use couponflow_domain::tenants::quota::Quotas;
use couponflow_domain::timers::timer::{Purpose, Timer};
use couponflow_tests::fixtures::{at, stored_coupon};
use couponflow_tests::harness::ExecutorHarness;
use futures_util::stream;
use futures_util::stream::StreamExt as _;
use serde_json::{Value, json};

const WORKFLOWS: usize = 10_000;
const CONTACTS: usize = 100_000;
const EVENTS: u32 = 1_000;

/// Number of concurrent requests to the stand-in.
const AT_ONCE: usize = 16;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        matching();
        workflows().await;
        audience().await;
    });
}

/// Builds filter number `i`, in one of five forms.
fn filter(i: usize) -> Value {
    match i % 5 {
        0 => json!({"field": "coupon_code", "operator": "is", "value": format!("CODE{i}")}),
        1 => json!({"field": "coupon_code", "operator": "starts_with", "value": format!("CO{i}")}),
        2 => json!({"field": "order_value", "operator": ">", "value": {"amount": 10_000 + i, "currency": "USD"}}),
        3 => json!({"field": "coupon_name", "operator": "contains", "value": format!("Sale {i}")}),
        _ => {
            json!({"field": "coupon_code", "operator": "is_any_of", "value": [format!("A{i}"), format!("B{i}"), "LAST"]})
        }
    }
}

fn document(i: usize) -> Value {
    json!({"name": format!("w{i}"), "trigger": {"type": "coupon_redeemed", "filters": [filter(i)]},
        "steps": [{"id": "tag", "type": "add_tag", "tag": "t"}]})
}

/// Reads and indexes filters and matches one event against them, without a store.
fn matching() {
    let texts: Vec<String> = (0..WORKFLOWS).map(|i| json!([filter(i)]).to_string()).collect();
    let began = Instant::now();
    let read = |text: &String| {
        let filters = serde_json::from_str(text).expect("JSON");
        Filter::from_json(&filters, Trigger::Event(EventType::CouponRedeemed)).expect("a valid filter")
    };
    let filters: Vec<Filter> = texts.iter().map(read).collect();
    let reading = began.elapsed();
    let began = Instant::now();
    let index = FilterIndex::new(filters);
    let indexing = began.elapsed();
    let sample: Value = serde_json::from_str(sample(EventType::CouponRedeemed)).expect("JSON");
    let Detail { metadata, data } = serde_json::from_value(sample["detail"].clone()).expect("an event");
    let event = Event { kind: EventType::CouponRedeemed, metadata, data };
    let began = Instant::now();
    for _ in 0..EVENTS {
        std::hint::black_box(index.matching(&Facts::of(Subject { event: &event, tags: None })));
    }
    let each = began.elapsed() / EVENTS;
    println!("{WORKFLOWS} filters read in {reading:.1?}, indexed in {indexing:.1?}; {each:.1?} for an event");
}

/// Creates a harness whose table has no stream. Each write of the stand-in examines all stream
/// records, and the measurement does not need them.
async fn harness_without_stream() -> ExecutorHarness {
    let harness = ExecutorHarness::new().await;
    let off = StreamSpecification::builder().stream_enabled(false).build().expect("a stream");
    let update = harness.dynamo.client.update_table().table_name("couponflow").stream_specification(off);
    update.send().await.expect("a table without a stream");
    harness
}

async fn workflows() {
    let harness = harness_without_stream().await;
    let began = Instant::now();
    let publish = async |i: usize| {
        let workflow =
            Workflow::draft(WorkflowId::new(at(0), bits80(&["workflow", &i.to_string()])), document(i), at(0));
        harness.store.create_workflow(&workflow).await.expect("created");
        harness
            .store
            .publish_workflow(&workflow, &Quotas::default(), at(1))
            .await
            .expect("published")
            .expect("within the quotas")
            .expect("the workflow has not changed since it was read");
    };
    stream::iter(0..WORKFLOWS).map(publish).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
    println!("{WORKFLOWS} workflows published in {:.1} s", began.elapsed().as_secs_f64());
    let coupon = stored_coupon(&harness.store, "CODE5000", json!({})).await;
    let event = harness.redeemed_event(&coupon, "ord_1", "ana@example.com", 2000);
    let executor = harness.dynamo.instance().of(&harness.tenant);
    for instance in ["cold", "warm"] {
        let (began, calls) = (Instant::now(), harness.dynamo.calls());
        let matching = executor.matching(Subject { event: &event, tags: None }).await.expect("matched");
        let (took, calls) = (began.elapsed(), harness.dynamo.calls() - calls);
        println!("{instance} instance: {} workflows match, {calls} calls, {took:.1?}", matching.len());
    }
}

async fn audience() {
    let harness = harness_without_stream().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let steps = json!([{"id": "all", "type": "for_each_contact", "audience": {"type": "applied_not_redeemed"},
        "steps": [{"id": "tag", "type": "add_tag", "tag": "missed-it"}]}]);
    let workflow = harness.publish("last-chance", "coupon_expired", steps, json!({})).await;
    let began = Instant::now();
    let applies = async |i: usize| {
        let event = harness.applied_event(&coupon, &format!("ord_{i}"), &format!("c{i}@example.com"), 2000);
        let customer = event.data.customer.as_ref().expect("a customer");
        let contact = harness
            .store
            .upsert_contact(customer, at(2000), bits80(&[&i.to_string()]))
            .await
            .expect("seen")
            .expect("a contact");
        harness.store.update_audiences(&event, &contact.id).await.expect("noted");
    };
    stream::iter(0..CONTACTS).map(applies).buffer_unordered(AT_ONCE).collect::<Vec<()>>().await;
    println!("{CONTACTS} contacts applied in {:.1} s", began.elapsed().as_secs_f64());

    let began = Instant::now();
    harness.handle(&harness.expired_event(&coupon, 3000)).await;
    let mut invocations = vec![began.elapsed()];
    let parent = root(&harness, &workflow).await;
    loop {
        let current = harness.store.execution(&parent.id).await.expect("read").expect("an execution");
        let Some(wake_at) = current.wake_at.filter(|_| !current.status.is_over()) else { break };
        let purpose = Purpose::ExecutionWake { execution_id: parent.id.clone() };
        let timer = Timer { tenant_id: harness.tenant.clone(), due_at: wake_at, purpose };
        harness.clock.set(wake_at);
        let began = Instant::now();
        assert_eq!(harness.fire_with(&harness.table, &timer).await.expect("fired"), FireOutcome::Done);
        invocations.push(began.elapsed());
    }
    let longest = invocations.iter().max().copied().unwrap_or_default();
    let whole: Duration = invocations.iter().sum();
    println!("fan-out: {} invocations, longest {longest:.1?}, total {whole:.1?}", invocations.len());
    let parent = harness.store.execution(&parent.id).await.expect("read").expect("an execution");
    println!(
        "output of the step: {}, size of the execution: {} bytes",
        json!(parent.steps[0].output),
        stored_size(&harness, &parent).await
    );
    let has_own = async |i: usize| {
        let email = Email::parse(&format!("c{i}@example.com")).expect("an address");
        let customer = Customer { email: Some(email), id: None, first_name: None, last_name: None, verified: true };
        let child = parent.for_contact("all", 1, &Contact::of(&customer, at(0)), at(0));
        harness.store.execution(&child.id).await.expect("read").is_some()
    };
    let begun = stream::iter(0..CONTACTS).map(has_own).buffer_unordered(AT_ONCE).filter(|has| std::future::ready(*has));
    println!("{} contacts have their own execution", begun.count().await);
}

/// Returns the length of the JSON of a stored execution, in bytes.
async fn stored_size(harness: &ExecutorHarness, execution: &Execution) -> usize {
    let pk = format!("t#{}#execution#{}", harness.tenant, execution.id.key());
    let get = harness.dynamo.client.get_item().table_name("couponflow");
    let get = get.key("pk", AttributeValue::S(pk)).key("sk", AttributeValue::S("execution".to_owned()));
    let item = get.send().await.expect("read").item.expect("the item of the execution");
    item["execution"].as_s().expect("JSON").len()
}

async fn root(harness: &ExecutorHarness, workflow: &Workflow) -> Execution {
    let executions = harness.executions_of(workflow).await;
    executions.into_iter().find(|execution| execution.parent.is_none()).expect("the parent execution")
}
