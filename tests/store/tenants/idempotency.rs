//! A request with an idempotency key takes effect once, even if it is repeated or its function
//! dies. After a crash or a retryable error, the request runs again with the same seed.

use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};

use couponflow_app::automation::ports::{AutomationStore as _, Workflow};
use couponflow_app::coupons::ports::{CouponStore as _, CreateOutcome};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::tenants::idempotency::{Claim, ClaimOutcome, KEY_RETENTION, KeyedRequest, LEASE, Seed};
use couponflow_app::tenants::ports::{AccessStore as _, KeyScope, TenantStores as _};
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::kernel::ids::{CouponId, WorkflowId};
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_domain::tenants::quota::Quotas;
use couponflow_http::idempotency::once;
use couponflow_http::{Answer, Problem, Request, Response};
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::{ClockAt, at, post, stored_coupon};
use couponflow_tests::table::Dynamo;
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::{Notify, Semaphore};

use crate::instance::RedeemInstance;

const KEY: Option<&str> = Some("0b7c");

fn lease() -> i64 {
    LEASE.num_milliseconds()
}

/// Sends a request at `at(now_ms)` and returns the response.
async fn send(
    store: &TenantStore,
    now_ms: i64,
    request: &Request,
    run: impl AsyncFnOnce(Seed) -> Result<Answer, Problem>,
) -> Response {
    let key = fixtures::key("demo", KeyScope::Server);
    once(store, &ClockAt(now_ms), &key, request, run).await.unwrap_or_else(|problem| problem.answer().into())
}

/// Runs a request whose function dies right after `what`. Returns the seed of the run (its instant
/// and random bits) and the result of `what`.
async fn crash_after<T>(store: &TenantStore, request: &Request, what: impl AsyncFnOnce(Seed) -> T) -> (Seed, T) {
    let mut done = None;
    let committed = Notify::new();
    let run = async |seed| {
        done = Some((seed, what(seed).await));
        committed.notify_one();
        pending().await
    };
    tokio::select! {
        response = send(store, 0, request, run) => panic!("{response:?}"),
        () = committed.notified() => {}
    }
    done.unwrap()
}

async fn never(_: Seed) -> Result<Answer, Problem> {
    panic!("the request runs again")
}

fn code(response: &Response) -> (u16, Value) {
    let body: Value = serde_json::from_str(response.body.as_deref().unwrap()).unwrap();
    (response.status, body["code"].clone())
}

fn in_flight() -> (u16, Value) {
    (409, json!("idempotency_in_flight"))
}

#[tokio::test]
async fn of_twenty_concurrent_requests_one_runs_and_every_repeat_gets_its_response() {
    let dynamo = Dynamo::start().await;
    let stores: Vec<TenantStore> = (0..20).map(|_| dynamo.instance().of(&fixtures::tenant("demo"))).collect();
    let request = post("/v1/redeem", KEY, "{}");
    let (runs, answered) = (AtomicUsize::new(0), Semaphore::new(0));
    let responses = join_all(stores.iter().map(|store| async {
        // The request keeps running until the others have been answered.
        let run = async |_| {
            runs.fetch_add(1, Ordering::SeqCst);
            let _others = answered.acquire_many(19).await.unwrap();
            Ok(Answer::json(201, json!({"id": "rdm_1"})))
        };
        let response = send(store, 0, &request, run).await;
        answered.add_permits(1);
        response
    }))
    .await;
    assert_eq!(runs.into_inner(), 1);
    let (ran, others): (Vec<_>, Vec<_>) = responses.into_iter().partition(|response| response.status == 201);
    assert_eq!((ran.len(), others.len()), (1, 19));
    assert!(others.iter().all(|response| code(response) == in_flight()));
    assert!(others[0].headers.contains(&("retry-after".into(), "1".into())));
    let again = join_all(stores.iter().map(|store| send(store, 1, &request, never))).await;
    assert!(again.iter().all(|response| *response == ran[0]));
}

#[tokio::test]
async fn a_rejection_is_repeated_and_a_reused_key_is_rejected() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let request = post("/v1/redeem", KEY, r#"{"code": "LAST1"}"#);
    let first = send(&store, 0, &request, async |_| Err(Rejection::LimitReached.into())).await;
    assert_eq!(code(&first), (409, json!("limit_reached")));
    assert_eq!(send(&store, 1, &request, never).await, first);
    for other in [
        post("/v1/redeem", KEY, r#"{"code":"LAST1"}"#),
        post("/v1/redeem", KEY, ""),
        post("/v1/apply", KEY, r#"{"code": "LAST1"}"#),
    ] {
        assert_eq!(code(&send(&store, 1, &other, never).await), (422, json!("idempotency_key_reused")));
    }
    let of_its_own = post("/v1/redeem", Some("0b7d"), r#"{"code": "LAST1"}"#);
    assert_eq!(send(&store, 1, &of_its_own, async |_| Ok(Answer::no_content())).await.status, 204);
    assert_eq!(send(&store, 2, &of_its_own, never).await.body, None);
}

#[tokio::test]
async fn without_a_key_a_request_always_runs_and_costs_no_calls() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let mut calls = Vec::new();
    for key in [None, None, KEY, KEY] {
        let before = dynamo.calls();
        let mut ran = false;
        send(&store, 0, &post("/v1/redeem", key, "{}"), async |_| {
            ran = true;
            Ok(Answer::no_content())
        })
        .await;
        calls.push((ran, dynamo.calls() - before));
    }
    assert_eq!(calls, [(true, 0), (true, 0), (true, 2), (false, 1)]);
}

#[tokio::test]
async fn a_retry_after_a_crash_repeats_the_creation_with_the_same_seed() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let request = post("/v1/coupons", KEY, "{}");
    let create = async |seed: Seed| {
        let coupon = Coupon { id: CouponId::new(seed.at, seed.bits), ..fixtures::coupon("FLASH20", json!({})) };
        (store.create_coupon(&coupon).await.unwrap(), coupon.id)
    };
    let (seed, created) = crash_after(&store, &request, create).await;
    assert_eq!(code(&send(&store, lease() - 1, &request, never).await), in_flight());
    let mut again = None;
    let found = send(&store, lease(), &request, async |second| {
        again = Some((second, create(second).await));
        Ok(Answer::no_content())
    })
    .await;
    assert_eq!(again, Some((seed, created.clone())));
    assert_eq!(created.0, CreateOutcome::New);
    assert_eq!(send(&store, lease() + 1, &request, never).await, found);
}

#[tokio::test]
async fn a_retry_after_a_crash_returns_the_committed_redemption() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let coupon = stored_coupon(&store, "LAST1", json!({"max_redemptions": 1})).await;
    let request = post("/v1/redeem", KEY, "{}");
    let redeem = async |now_ms| RedeemInstance::of(&dynamo).redeem("LAST1", "ord_1", "ana@example.com", now_ms).await;
    let (_, first) = crash_after(&store, &request, async |_| redeem(0).await).await;
    let mut second = None;
    send(&store, lease(), &request, async |_| {
        second = Some(redeem(lease()).await);
        Ok(Answer::no_content())
    })
    .await;
    assert_eq!(second, Some(first));
    assert_eq!(store.coupon(&coupon.id).await.unwrap().unwrap().times_redeemed, 1);
}

#[tokio::test]
async fn creating_a_workflow_again_keeps_its_published_state() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let document = json!({"name": "Member welcome", "trigger": {"type": "coupon_redeemed"}});
    let draft = Workflow::draft(WorkflowId::new(at(0), [1; 10]), document, at(0));
    store.create_workflow(&draft).await.unwrap();
    let published = store.publish_workflow(&draft, &Quotas::default(), at(1)).await.unwrap().unwrap().unwrap();
    store.create_workflow(&draft).await.unwrap();
    assert_eq!(store.workflow(&draft.id).await.unwrap(), Some(published));
}

#[tokio::test]
async fn of_concurrent_retries_after_a_crash_one_takes_over() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let request = post("/v1/redeem", KEY, "{}");
    crash_after(&store, &request, async |_| ()).await;
    let (runs, answered) = (AtomicUsize::new(0), Semaphore::new(0));
    let responses = join_all((0..10).map(|_| async {
        let run = async |_| {
            runs.fetch_add(1, Ordering::SeqCst);
            let _others = answered.acquire_many(9).await.unwrap();
            Ok(Answer::json(201, json!({})))
        };
        let response = send(&store, lease(), &request, run).await;
        answered.add_permits(1);
        response
    }))
    .await;
    assert_eq!(runs.into_inner(), 1);
    assert_eq!(responses.iter().filter(|response| response.status == 201).count(), 1);
    assert_eq!(responses.iter().filter(|response| response.status == 409).count(), 9);
}

#[tokio::test]
async fn a_retryable_error_is_not_recorded_and_keeps_the_seed() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let request = post("/v1/coupons", KEY, "{}");
    let busy = || Problem::of_failure(&StoreError::Busy { doing: "testing" });
    let mut seeds = Vec::new();
    for (now_ms, problem) in [(0, busy()), (1, Problem::changed_meanwhile("coupon"))] {
        let run = async |seed| {
            seeds.push(seed);
            Err(problem)
        };
        assert!([503, 409].contains(&send(&store, now_ms, &request, run).await.status));
    }
    let run = async |seed| {
        seeds.push(seed);
        Ok(Answer::no_content())
    };
    assert_eq!(send(&store, 2, &request, run).await.status, 204);
    assert_eq!(seeds, [seeds[0]; 3]);
    assert_eq!(send(&store, 3, &request, never).await.status, 204);
}

#[tokio::test]
async fn a_run_that_lost_its_claim_can_neither_record_nor_release() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let request = KeyedRequest { key: "k".into(), fingerprint: "f".into() };
    let claim = async |now_ms| store.claim_request(&request, Seed::new(&ClockAt(now_ms))).await.unwrap();
    let ours = |claimed: ClaimOutcome| -> Claim {
        let ClaimOutcome::Claimed(claim) = claimed else { panic!("{claimed:?}") };
        claim
    };
    let slow = ours(claim(0).await);
    let next = ours(claim(lease()).await);
    assert!(!store.record_answer(&slow, "slow", None).await.unwrap());
    assert!(!store.release_request(&slow).await.unwrap());
    assert_eq!(claim(lease() + 1).await, ClaimOutcome::Running);
    assert!(store.record_answer(&next, "next", None).await.unwrap());
    assert_eq!(claim(3 * lease()).await, ClaimOutcome::Answered("next".into()));
}

#[tokio::test]
async fn a_key_is_kept_for_a_day_after_its_response() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let first = post("/v1/redeem", KEY, "{}");
    crash_after(&store, &first, async |_| ()).await;
    let died_for = KEY_RETENTION.num_milliseconds() - 1;
    send(&store, died_for, &first, async |_| Ok(Answer::no_content())).await;
    let a_day_from_its_answer = died_for + lease() + 24 * 60 * 60 * 1000;
    assert_eq!(send(&store, a_day_from_its_answer, &first, never).await.status, 204);
    let other = post("/v1/redeem", KEY, r#"{"code": "FLASH20"}"#);
    let over = died_for + KEY_RETENTION.num_milliseconds();
    assert_eq!(send(&store, over, &other, async |_| Ok(Answer::json(201, json!({})))).await.status, 201);
    assert_eq!(code(&send(&store, over, &first, never).await), (422, json!("idempotency_key_reused")));
}

#[tokio::test]
async fn a_key_belongs_to_its_tenant_and_scope() {
    let dynamo = Dynamo::start().await;
    let request = post("/v1/apply", KEY, "{}");
    let mut runs = 0;
    for (tenant, scope) in [
        ("demo", KeyScope::Server),
        ("demo", KeyScope::Storefront),
        ("other", KeyScope::Server),
        ("demo", KeyScope::Server),
    ] {
        let store = dynamo.instance().of(&fixtures::tenant(tenant));
        let run = async |_| {
            runs += 1;
            Ok(Answer::no_content())
        };
        once(&store, &ClockAt(0), &fixtures::key(tenant, scope), &request, run).await.unwrap();
    }
    assert_eq!(runs, 3, "the last request repeats the first");
}
