//! The sweep publishes the events of changes whose stream records were lost, each once, and no other events.

use std::collections::BTreeSet;

use couponflow_app::coupons::ports::{CouponStore as _, StatisticsQuery};
use couponflow_app::events::relay::BatchOutcome;
use couponflow_app::events::sweep::Swept;
use couponflow_app::purchases::ports::PurchaseStore as _;
use couponflow_app::purchases::roll_back::roll_back;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::{Coupon, RollbackReason};
use couponflow_domain::coupons::job::{Job, JobKind};
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::ids::{JobId, RedemptionId};
use couponflow_tests::due::fire_due;
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::{apply_single, at, checkout, stored_coupon};
use couponflow_tests::pipeline::Pipeline;
use couponflow_tests::table::Dynamo;
use serde_json::json;

use crate::instance::RedeemInstance;

const EMAIL: &str = "ana@example.com";
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// The types of events that [`Day::of`] causes, with the number of events of each type.
const EVENTS: [(&str, usize); 7] = [
    ("CouponRedeemed", 4),
    ("CouponThresholdReached", 1),
    ("CouponLimitReached", 1),
    ("CouponRedemptionRolledBack", 1),
    ("CouponExpired", 1),
    ("CouponApplied", 1),
    ("CouponRejected", 1),
];

/// Number of events, and one attempt that is only counted.
const CHANGES: usize = 11;

/// What happened in the first minutes of a day.
struct Day {
    dynamo: Dynamo,
    limited: Coupon,
    redeemed: [RedemptionId; 2],
}

impl Day {
    /// A coupon reaches its threshold and its limit, a redemption is rolled back, a coupon expires, a code is applied, a
    /// unique code is redeemed, and two attempts are rejected, of which one has an unknown code.
    async fn of() -> Self {
        let dynamo = Dynamo::start().await;
        let store = dynamo.instance().of(&fixtures::tenant("demo"));
        let terms = json!({"max_redemptions": 2, "thresholds": [{"percent_used": 50}]});
        let limited = stored_coupon(&store, "LIMITED", terms).await;
        stored_coupon(&store, "REFUND", json!({})).await;
        stored_coupon(&store, "SOON", json!({"expires_at": at(2 * MINUTE_MS)})).await;
        let batch = stored_coupon(&store, "BATCH", json!({"code_type": "unique"})).await;
        let job = Job::new(JobId::new(at(0), [1; 10]), batch.id, JobKind::ImportCodes, 1, at(0));
        assert!(store.issue_code(&CouponCode::parse("UNIQUE1").unwrap(), &job, 0, at(0)).await.unwrap());

        let shop = RedeemInstance::of(&dynamo);
        let first = shop.redeem("LIMITED", "ord_1", EMAIL, 1).await.unwrap().id;
        let second = shop.redeem("LIMITED", "ord_2", EMAIL, 2).await.unwrap().id;
        let refunded = shop.redeem("REFUND", "ord_3", EMAIL, 3).await.unwrap().id;
        let request = CorrelationId::new("rollback");
        roll_back(&store, &refunded, RollbackReason::Refunded, at(4), &request).await.unwrap().unwrap();
        apply_single(&store, &checkout("REFUND", "ord_4", EMAIL), at(5)).await.unwrap();
        shop.redeem("UNIQUE1", "ord_5", EMAIL, 6).await.unwrap();
        shop.redeem("LIMITED", "ord_6", EMAIL, 7).await.unwrap_err();
        shop.redeem("UNKNOWN", "ord_7", EMAIL, 8).await.unwrap_err();
        assert_eq!(fire_due(&dynamo, at(2 * MINUTE_MS)).await.len(), 1);
        Self { dynamo, limited, redeemed: [first, second] }
    }

    fn pipeline(&self) -> Pipeline {
        Pipeline::of(&self.dynamo, self.dynamo.instance())
    }
}

/// Asserts that every event of the day was published once, and no other event.
fn assert_each_event_once(pipeline: &Pipeline) {
    for (kind, count) in EVENTS {
        assert_eq!(pipeline.published(kind).len(), count, "{kind}");
    }
    let all = pipeline.all_published();
    let distinct: BTreeSet<&String> = all.iter().collect();
    assert_eq!((all.len(), distinct.len()), (CHANGES - 1, CHANGES - 1));
}

#[tokio::test]
async fn lost_changes_are_published_once_and_a_second_sweep_finds_nothing() {
    let day = Day::of().await;
    let mut pipeline = day.pipeline();
    assert!(pipeline.lose_records().len() >= CHANGES);
    let swept = pipeline.sweep(at(26 * HOUR_MS)).await.unwrap();
    assert_eq!((swept.missing, swept.failed), (CHANGES, 0));
    assert!(swept.examined > CHANGES, "{swept:?}");
    assert_each_event_once(&pipeline);

    // The stream records of the sweep's own writes cause no events.
    pipeline.deliver_all(at(26 * HOUR_MS)).await;
    for hours in [26, 33] {
        let swept = pipeline.sweep(at(hours * HOUR_MS)).await.unwrap();
        assert_eq!((swept.missing, swept.failed), (0, 0), "after {hours} hours");
    }
    assert_each_event_once(&pipeline);
    assert!(pipeline.deferred().is_empty() && pipeline.set_aside().is_empty());

    let store = day.dynamo.instance().of(&fixtures::tenant("demo"));
    let mut numbers = BTreeSet::new();
    for id in &day.redeemed {
        numbers.insert(store.redemption(id).await.unwrap().unwrap().redemption_number.expect("a number").get());
    }
    assert_eq!(numbers, BTreeSet::from([3, 4]), "the numbers 1 and 2 were lost with their records");
    let today = at(0).date_naive();
    let of = |coupon_id| StatisticsQuery { coupon_id, from: today, to: today };
    let (limited, _) = store.statistics(&of(Some(day.limited.id.clone()))).await.unwrap();
    assert_eq!((limited.redeemed, limited.rejected.values().sum::<i64>()), (2, 1));
    let (unknown, _) = store.statistics(&of(None)).await.unwrap();
    assert_eq!(unknown.rejected.values().sum::<i64>(), 1);
}

#[tokio::test]
async fn published_changes_are_not_published_again() {
    let day = Day::of().await;
    let mut pipeline = day.pipeline();
    pipeline.deliver_all(at(3 * MINUTE_MS)).await;
    assert_each_event_once(&pipeline);
    let swept = pipeline.sweep(at(26 * HOUR_MS)).await.unwrap();
    assert_eq!((swept.missing, swept.failed), (0, 0));
    assert!(swept.examined > CHANGES, "{swept:?}");
    assert_each_event_once(&pipeline);
}

#[tokio::test]
async fn only_changes_that_the_stream_no_longer_holds_and_the_log_still_holds_are_swept() {
    let day = Day::of().await;
    let mut pipeline = day.pipeline();
    pipeline.lose_records();
    for hours in [1, 24, 31 * 24] {
        assert_eq!(pipeline.sweep(at(hours * HOUR_MS)).await.unwrap().missing, 0, "after {hours} hours");
    }
    assert_eq!(pipeline.all_published(), Vec::<String>::new());
    assert_eq!(pipeline.sweep(at(26 * HOUR_MS)).await.unwrap().missing, CHANGES);
}

#[tokio::test]
async fn records_that_are_relayed_after_the_sweep_cause_no_new_events() {
    let day = Day::of().await;
    let mut pipeline = day.pipeline();
    let lost = pipeline.lose_records();
    pipeline.sweep(at(26 * HOUR_MS)).await.unwrap();
    let swept: BTreeSet<String> = pipeline.all_published().into_iter().collect();
    assert_eq!(pipeline.relay_late(&lost, at(27 * HOUR_MS)).await, BatchOutcome::default());
    let all: BTreeSet<String> = pipeline.all_published().into_iter().collect();
    assert_eq!(all, swept);
    assert_eq!(pipeline.sweep(at(28 * HOUR_MS)).await.unwrap().missing, 0);
}

#[tokio::test]
async fn a_sweep_that_meets_an_outage_of_the_bus_publishes_every_event_afterwards() {
    let day = Day::of().await;
    let mut pipeline = day.pipeline();
    pipeline.lose_records();
    pipeline.surroundings.bus_outage.set(true);
    for _ in 0..2 {
        pipeline.sweep(at(26 * HOUR_MS)).await.unwrap_err();
    }
    pipeline.surroundings.bus_outage.set(false);
    pipeline.sweep(at(27 * HOUR_MS)).await.unwrap();
    assert_each_event_once(&pipeline);
}

#[tokio::test]
async fn a_sweep_that_dies_anywhere_loses_no_event_when_it_runs_again() {
    let mut interrupted = 0;
    for calls in (0..).step_by(3) {
        let day = Day::of().await;
        let mut dying = Pipeline::of(&day.dynamo, day.dynamo.dying_instance(calls));
        dying.lose_records();
        let is_complete = dying.sweep(at(26 * HOUR_MS)).await.is_ok();
        let again = day.pipeline();
        again.sweep(at(27 * HOUR_MS)).await.unwrap();
        let published: BTreeSet<String> = dying.all_published().into_iter().chain(again.all_published()).collect();
        assert_eq!(published.len(), CHANGES - 1, "the sweep died after {calls} calls");
        assert_eq!(again.sweep(at(28 * HOUR_MS)).await.unwrap().missing, 0, "after {calls} calls");
        if is_complete {
            break;
        }
        interrupted += 1;
    }
    assert!(interrupted >= 8, "{interrupted} interruptions");
}

#[tokio::test]
async fn no_call_works_on_a_pass_that_another_call_has_claimed() {
    let day = Day::of().await;
    // The call dies after its third request to the table: it has read the progress, claimed the pass and read a part.
    let mut dying = Pipeline::of(&day.dynamo, day.dynamo.dying_instance(3));
    dying.lose_records();
    dying.sweep_part(at(26 * HOUR_MS), true).await.unwrap_err();
    let other = day.pipeline();
    for restarts in [false, true] {
        let swept = other.sweep_part(at(26 * HOUR_MS + 1), restarts).await.unwrap();
        assert_eq!(swept, Swept { has_more: true, ..Swept::default() });
    }
    assert_eq!(other.all_published(), Vec::<String>::new());
    other.sweep(at(27 * HOUR_MS)).await.unwrap();
    assert_each_event_once(&other);
}
