//! Smoke tests: the most important paths on the DynamoDB stand-in, as a part of the fast tier.

#[path = "../store/coupon_harness.rs"]
#[expect(dead_code, reason = "the store tests use the other items")]
mod coupon_harness;
#[path = "../store/instance.rs"]
#[expect(dead_code, reason = "the store tests use the other items")]
mod instance;

use std::sync::atomic::{AtomicUsize, Ordering};

use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::tenants::idempotency::Seed;
use couponflow_app::tenants::ports::{KeyScope, TenantStores as _};
use couponflow_app::timers::fire::FireOutcome;
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::Status;
use couponflow_domain::coupons::job::{Job, JobKind};
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::kernel::ids::JobId;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_http::idempotency::once;
use couponflow_http::{Answer, Problem};
use couponflow_tests::fixtures::{self, ClockAt, at, post, purchase_body, stored_coupon};
use couponflow_tests::harness::{ExecutorHarness, steps_of};
use couponflow_tests::relayed::Stream;
use couponflow_tests::steps::mail;
use couponflow_tests::table::Dynamo;
use futures_util::future::join_all;
use serde_json::json;

use coupon_harness::CouponHarness;
use instance::RedeemInstance;

const ANA: &str = "ana@example.com";
const HOUR: i64 = 3_600_000;

#[tokio::test]
async fn concurrent_redemptions_never_exceed_the_limit() {
    let mut harness = CouponHarness::with(json!({"max_redemptions": 3})).await;
    let redeemed = join_all((0..12).map(|i| {
        let shop = RedeemInstance::of(&harness.dynamo);
        async move { shop.redeem("FLASH20", &format!("ord_{i}"), ANA, 1).await }
    }))
    .await;
    assert_eq!(redeemed.iter().filter(|redeemed| redeemed.is_ok()).count(), 3);
    assert_eq!(redeemed.iter().filter(|redeemed| **redeemed == Err(Rejection::LimitReached)).count(), 9);
    let coupon = harness.coupon().await;
    assert_eq!((coupon.times_redeemed, coupon.remaining), (3, Some(0)));
    let relayed = harness.relay().await;
    assert_eq!((relayed.of("CouponRedeemed").len(), relayed.of("CouponLimitReached").len()), (3, 1));
}

#[tokio::test]
async fn a_unique_code_is_redeemed_once() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let coupon = stored_coupon(&store, "WELCOME", json!({"code_type": "unique"})).await;
    let job = Job::new(JobId::new(at(0), bits80(&["job"])), coupon.id, JobKind::ImportCodes, 1, at(0));
    assert!(store.issue_code(&CouponCode::parse("WELCOME0001").unwrap(), &job, 0, at(0)).await.unwrap());
    let orders: Vec<String> = (0..6).map(|i| format!("ord_{i}")).collect();
    let shop = RedeemInstance::of(&dynamo);
    let redeemed = join_all(orders.iter().map(|order| shop.redeem("WELCOME0001", order, ANA, 1))).await;
    assert_eq!(redeemed.iter().filter(|redeemed| redeemed.is_ok()).count(), 1);
    assert_eq!(redeemed.iter().filter(|redeemed| **redeemed == Err(Rejection::CodeAlreadyUsed)).count(), 5);
}

#[tokio::test]
async fn a_hold_keeps_the_last_redemption_for_its_order() {
    let harness = CouponHarness::with(json!({"max_redemptions": 1})).await;
    let mut holding = purchase_body("FLASH20", "held", ANA);
    holding["hold"] = json!({"ttl_seconds": 60});
    assert!(harness.apply_body(&holding, 1).await.unwrap().hold.is_some());
    assert_eq!(harness.redeem("other", 2).await, Err(Rejection::LimitReached));
    harness.redeem("held", 3).await.unwrap();
    let coupon = harness.coupon().await;
    assert_eq!((coupon.times_redeemed, coupon.held, coupon.remaining), (1, 0, Some(0)));
}

#[tokio::test]
async fn a_rollback_frees_the_redemption_for_another_order() {
    let mut harness = CouponHarness::with(json!({"max_redemptions": 1})).await;
    let redemption = harness.redeem("ord_1", 1).await.unwrap();
    assert_eq!(harness.redeem("ord_2", 2).await, Err(Rejection::LimitReached));
    harness.roll_back(&redemption, 3).await;
    harness.roll_back(&redemption, 4).await;
    assert_eq!(harness.coupon().await.remaining, Some(1), "the second rollback changes nothing");
    harness.redeem("ord_2", 5).await.unwrap();
    assert_eq!(harness.relay().await.of("CouponRedemptionRolledBack").len(), 1);
}

/// Covers the complete path: committed redemption, stream, relay, event, workflow and mail.
#[tokio::test]
async fn a_redemption_sends_one_mail_even_if_its_event_is_delivered_twice() {
    let harness = ExecutorHarness::new().await;
    stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let workflow = harness.publish("thanks", "coupon_redeemed", json!([mail("thanks")]), json!({})).await;
    RedeemInstance::of(&harness.dynamo).redeem("FLASH20", "ord_1", ANA, 2000).await.unwrap();
    let relayed = Stream::of(&harness.dynamo).relay(&harness.table, at(2000)).await;
    assert_eq!(relayed.kinds(), ["CouponRedeemed"]);
    for _ in 0..2 {
        harness.handle_with(&harness.table, &relayed.events[0]).await.unwrap();
    }
    assert_eq!(harness.outbound.subjects(), ["thanks"]);
    assert_eq!(steps_of(&harness.execution_of(&workflow).await), ["thanks completed"]);
}

#[tokio::test]
async fn a_timer_expires_a_coupon_once() {
    let mut harness = CouponHarness::with(json!({"expires_at": at(HOUR)})).await;
    assert_eq!(harness.fire_due(HOUR - 1).await, []);
    assert_eq!(harness.fire_due(HOUR).await, [FireOutcome::Done]);
    assert_eq!(harness.fire_due(HOUR + 1).await, []);
    assert_eq!(harness.coupon().await.status(at(HOUR)), Status::Expired);
    assert_eq!(harness.redeem("late", HOUR + 2).await, Err(Rejection::CouponExpired));
    assert_eq!(harness.relay().await.of("CouponExpired").len(), 1);
}

#[tokio::test]
async fn a_timer_resumes_a_waiting_workflow() {
    let harness = ExecutorHarness::new().await;
    let coupon = stored_coupon(&harness.store, "FLASH20", json!({})).await;
    let steps = json!([{"id": "pause", "type": "wait", "for": "PT1H"}, mail("reminder")]);
    let workflow = harness.publish("waits", "coupon_applied", steps, json!({})).await;
    harness.handle(&harness.applied_event(&coupon, "ord_1", ANA, 2000)).await;
    assert_eq!(steps_of(&harness.execution_of(&workflow).await), ["pause waiting"]);
    harness.advance_to(2 * HOUR).await;
    assert_eq!(steps_of(&harness.execution_of(&workflow).await), ["pause completed", "reminder completed"]);
    assert_eq!(harness.outbound.subjects(), ["reminder"]);
}

#[tokio::test]
async fn a_repeated_request_runs_once_and_gets_the_same_response() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let (key, request) = (fixtures::key("demo", KeyScope::Server), post("/v1/redeem", Some("0b7c"), "{}"));
    let runs = AtomicUsize::new(0);
    let run = async |_: Seed| -> Result<Answer, Problem> {
        let run = runs.fetch_add(1, Ordering::SeqCst);
        Ok(Answer::json(201, json!({"id": format!("rdm_{run}")})))
    };
    let mut responses = Vec::new();
    for now_ms in [0, 1000] {
        let response = once(&store, &ClockAt(now_ms), &key, &request, &run).await.unwrap();
        responses.push((response.status, response.body.unwrap()));
    }
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert_eq!(responses[0], responses[1]);
    assert_eq!(responses[0].0, 201);
}
