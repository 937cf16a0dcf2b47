//! Outages of hours: the bus, the queues, the executor or the table does not respond. Afterwards every event has arrived
//! once, and nothing was done twice.

use std::collections::BTreeSet;

use couponflow_app::kernel::redelivery::redelivery_delay;
use couponflow_app::kernel::system::Clock as _;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_app::timers::fire::FireOutcome;
use couponflow_domain::automation::execution::ExecutionStatus;
use couponflow_tests::due::fire_due;
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::{at, stored_coupon};
use couponflow_tests::harness::ExecutorHarness;
use couponflow_tests::pipeline::Pipeline;
use couponflow_tests::table::{Dynamo, Outage};
use serde_json::json;

use crate::instance::RedeemInstance;
use crate::timers::timer::{SentTimers, run_scan};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// Asserts that events with different ids were published, each once.
fn assert_each_once(published: Vec<String>, expected: usize) {
    let distinct: BTreeSet<&String> = published.iter().collect();
    assert_eq!((distinct.len(), published.len()), (expected, expected));
}

/// Stores a coupon with a limit on a new table.
async fn table_with_coupon() -> Dynamo {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    stored_coupon(&store, "FLASH20", json!({"max_redemptions": 10})).await;
    dynamo
}

/// Redeems the coupon once per hour and delivers the stream and the retry queue every ten minutes, from hour 0 to `hours`.
/// The last delivery is at the end of the last hour.
async fn redeem_hourly(dynamo: &Dynamo, pipeline: &mut Pipeline, hours: std::ops::Range<i64>) {
    let shop = RedeemInstance::of(dynamo);
    for hour in hours {
        let start = hour * HOUR_MS;
        shop.redeem("FLASH20", &format!("ord_{hour}"), "ana@example.com", start + 1).await.unwrap();
        for step in 1..=6 {
            let now = at(start + step * 10 * MINUTE_MS);
            pipeline.deliver_all(now).await;
            pipeline.retry(now).await;
        }
    }
}

#[tokio::test]
async fn after_hours_without_the_bus_every_event_arrives_once() {
    let dynamo = table_with_coupon().await;
    let mut pipeline = Pipeline::of(&dynamo, dynamo.instance());
    pipeline.surroundings.bus_outage.set(true);
    redeem_hourly(&dynamo, &mut pipeline, 0..9).await;
    assert!(pipeline.published("CouponRedeemed").is_empty());
    pipeline.surroundings.bus_outage.set(false);
    redeem_hourly(&dynamo, &mut pipeline, 9..10).await;
    assert_each_once(pipeline.published("CouponRedeemed"), 10);
    assert_each_once(pipeline.published("CouponLimitReached"), 1);
    assert!(pipeline.deferred().is_empty() && pipeline.set_aside().is_empty());
}

#[tokio::test]
async fn without_the_queues_events_are_published_and_near_timers_fire_afterwards() {
    let dynamo = table_with_coupon().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    // The timer of this coupon is due so soon that the relay sends it.
    stored_coupon(&store, "SOON", json!({"expires_at": at(2 * MINUTE_MS)})).await;
    let mut pipeline = Pipeline::of(&dynamo, dynamo.instance());
    pipeline.surroundings.queue_outage.set(true);
    redeem_hourly(&dynamo, &mut pipeline, 0..8).await;
    assert_each_once(pipeline.published("CouponRedeemed"), 8);
    assert!(pipeline.timers().is_empty(), "the queue accepted no timer");
    pipeline.surroundings.queue_outage.set(false);
    // The timer is still in the table. The expiry scan sends it as an overdue timer, and it fires once.
    for _ in 0..2 {
        fire_due(&dynamo, at(8 * HOUR_MS)).await;
    }
    pipeline.deliver_all(at(8 * HOUR_MS)).await;
    assert_each_once(pipeline.published("CouponExpired"), 1);
}

#[tokio::test]
async fn after_hours_of_a_throttled_tenant_every_event_arrives_once_and_the_stream_was_never_blocked() {
    let dynamo = table_with_coupon().await;
    let outage = Outage::default();
    let mut pipeline = Pipeline::of(&dynamo, dynamo.instance_with(&outage, "t#demo#"));
    outage.set(true);
    redeem_hourly(&dynamo, &mut pipeline, 0..9).await;
    assert!(pipeline.published("CouponRedeemed").is_empty());
    assert_eq!(pipeline.deferred().len(), 9, "one message for each hour");
    assert!(pipeline.deferred()[0].deliveries >= 7, "{:?}", pipeline.deferred()[0].deliveries);
    outage.set(false);
    redeem_hourly(&dynamo, &mut pipeline, 9..10).await;
    assert!(pipeline.deferred().is_empty() && pipeline.set_aside().is_empty());
    assert_each_once(pipeline.published("CouponRedeemed"), 10);
    assert_each_once(pipeline.published("CouponLimitReached"), 1);
}

#[tokio::test]
async fn after_hours_of_a_throttled_tenant_without_the_retry_queue_every_event_arrives_once() {
    let dynamo = table_with_coupon().await;
    let outage = Outage::default();
    let mut pipeline = Pipeline::of(&dynamo, dynamo.instance_with(&outage, "t#demo#"));
    outage.set(true);
    pipeline.surroundings.queue_outage.set(true);
    redeem_hourly(&dynamo, &mut pipeline, 0..9).await;
    let outcome = pipeline.deliver(at(9 * HOUR_MS)).await.expect("the shard keeps the records");
    assert!(!outcome.failed.is_empty() && outcome.deferred.is_empty(), "{outcome:?}");
    assert!(pipeline.published("CouponRedeemed").is_empty() && pipeline.deferred().is_empty());
    outage.set(false);
    pipeline.surroundings.queue_outage.set(false);
    redeem_hourly(&dynamo, &mut pipeline, 9..10).await;
    assert!(pipeline.deferred().is_empty() && pipeline.set_aside().is_empty());
    assert_each_once(pipeline.published("CouponRedeemed"), 10);
    assert_each_once(pipeline.published("CouponLimitReached"), 1);
}

#[tokio::test]
async fn after_hours_without_the_relay_every_event_arrives_once_in_the_order_of_the_redemptions() {
    let dynamo = table_with_coupon().await;
    let mut pipeline = Pipeline::of(&dynamo, dynamo.instance());
    let shop = RedeemInstance::of(&dynamo);
    for hour in 0..10 {
        let now_ms = hour * 2 * HOUR_MS;
        shop.redeem("FLASH20", &format!("ord_{hour}"), "ana@example.com", now_ms + 1).await.unwrap();
    }
    pipeline.deliver_all(at(20 * HOUR_MS)).await;
    let published = pipeline.published("CouponRedeemed");
    assert!(published.is_sorted(), "ids sort by time: {published:?}");
    assert_each_once(published, 10);
    assert_each_once(pipeline.published("CouponLimitReached"), 1);
    assert!(pipeline.deferred().is_empty() && pipeline.set_aside().is_empty());
}

#[tokio::test]
async fn after_hours_without_the_executor_every_event_is_handled_and_each_mail_is_sent_once() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let mail = json!({"id": "mail", "type": "send_email", "subject": "Thank you", "html": "<p>Thanks</p>"});
    harness.publish("thanks", "coupon_redeemed", json!([mail]), json!({})).await;
    let outage = Outage::default();
    let table = harness.dynamo.instance_with(&outage, "t#demo#");
    // The queue delivers each event again after a time that grows, until the executor has handled it.
    let event = |i: i64| harness.redeemed_event(&coupon, &format!("ord_{i}"), &format!("c{i}@example.com"), 1000 + i);
    let mut queue: Vec<_> = (0..5).map(|i| (event(i), 0_u32, at(1000))).collect();
    let mut most = 0;
    for minute in 0..12 * 60 {
        outage.set(minute < 11 * 60);
        harness.clock.set(at(1000 + minute * MINUTE_MS));
        let now = harness.clock.now();
        for (event, deliveries, due_at) in std::mem::take(&mut queue) {
            let is_due = due_at <= now;
            if is_due && harness.handle_with(&table, &event).await.is_ok() {
                continue;
            }
            let deliveries = deliveries + u32::from(is_due);
            most = most.max(deliveries);
            let due_at = if is_due { now + redelivery_delay(deliveries, 0.5) } else { due_at };
            queue.push((event, deliveries, due_at));
        }
    }
    assert!(queue.is_empty());
    assert!((20..200).contains(&most), "{most} deliveries; the template permits 200");
    let mails = harness.outbound.mails();
    let mut recipients: Vec<&str> = mails.iter().flat_map(|mail| &mail.to).map(|to| to.as_str()).collect();
    recipients.sort();
    assert_eq!(recipients, ["c0", "c1", "c2", "c3", "c4"].map(|name| format!("{name}@example.com")));
}

#[tokio::test]
async fn after_hours_without_the_executor_every_wait_ends_and_each_mail_is_sent_once() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let steps = json!([
        {"id": "pause", "type": "wait", "for": "PT30M"},
        {"id": "mail", "type": "send_email", "subject": "Thank you", "html": "<p>Thanks</p>"},
    ]);
    let workflow = harness.publish("thanks", "coupon_redeemed", steps, json!({})).await;
    for i in 0..3 {
        let event = harness.redeemed_event(&coupon, &format!("ord_{i}"), &format!("c{i}@example.com"), 1000 + i);
        harness.handle(&event).await;
    }
    let outage = Outage::default();
    let table = harness.dynamo.instance_with(&outage, "t#demo#");
    let (sent, mut queue, mut failures) = (SentTimers::default(), Vec::new(), 0);
    for step in 1..12 * 6 {
        outage.set(step < 11 * 6);
        let now = at(step * 10 * MINUTE_MS);
        harness.clock.set(now);
        run_scan(&harness.table, &sent, now).await;
        for timer in std::mem::take(&mut queue).into_iter().chain(sent.take()) {
            let is_due = timer.due_at <= now;
            let fired = if is_due { harness.fire_with(&table, &timer).await } else { Ok(FireOutcome::NotYet) };
            match fired {
                // A second delivery of the message has no effect.
                Ok(FireOutcome::Done) => {
                    harness.fire_with(&table, &timer).await.unwrap();
                }
                Ok(FireOutcome::Void) => {}
                // The queue delivers the message again.
                Ok(FireOutcome::NotYet | FireOutcome::Postponed) | Err(_) => {
                    failures += usize::from(is_due);
                    if !queue.contains(&timer) {
                        queue.push(timer);
                    }
                }
            }
        }
    }
    assert!(failures >= 60, "{failures} failures in 11 hours");
    assert!(queue.is_empty(), "{queue:?}");
    let mails = harness.outbound.mails();
    let mut recipients: Vec<&str> = mails.iter().flat_map(|mail| &mail.to).map(|to| to.as_str()).collect();
    recipients.sort();
    assert_eq!(recipients, ["c0", "c1", "c2"].map(|name| format!("{name}@example.com")));
    let executions = harness.executions_of(&workflow).await;
    assert!(executions.iter().all(|execution| execution.status == ExecutionStatus::Completed), "{executions:#?}");
    assert_eq!(executions.len(), 3);
}
