//! Edits of limits and expiries, and deletion, including concurrency with redemptions.

use couponflow_app::coupons::edit;
use couponflow_app::coupons::edit::CouponEditOutcome;
use couponflow_app::coupons::ports::{Code, CouponStore as _, CreateOutcome};
use couponflow_app::timers::fire::FireOutcome;
use couponflow_domain::coupons::coupon::{Coupon, State, Status};
use couponflow_domain::kernel::counters::Revision;
use couponflow_domain::kernel::ids::CouponId;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_tests::fixtures::{at, purchase_body};
use couponflow_tests::{due, fixtures};
use futures_util::future::join_all;
use serde_json::json;

use crate::coupon_harness::CouponHarness;
use crate::instance::RedeemInstance;

fn limited(limit: i64) -> serde_json::Value {
    json!({"max_redemptions": limit})
}

fn expiring(at_ms: i64) -> serde_json::Value {
    json!({"expires_at": at(at_ms)})
}

/// `(redeemed, held, remaining, limit epoch)`. A limit epoch begins when a used-up coupon becomes
/// redeemable again, and when the limit is raised, removed or introduced.
fn counts(coupon: &Coupon) -> (i64, i64, Option<i64>, i64) {
    (coupon.times_redeemed, coupon.held, coupon.remaining, coupon.limit_epoch.get())
}

#[tokio::test]
async fn raising_the_limit_reopens_a_coupon_and_the_limit_can_be_reached_again() {
    let mut harness = CouponHarness::with(limited(2)).await;
    harness.redeem_many("first", 2, 1).await;
    assert_eq!(harness.redeem("late", 2).await, Err(Rejection::LimitReached));
    assert_eq!(harness.edited(limited(3), 3).await.status(at(3)), Status::Active);
    harness.redeem("late", 4).await.unwrap();
    assert_eq!(harness.redeem("later", 5).await, Err(Rejection::LimitReached));
    assert_eq!(counts(&harness.coupon().await), (3, 0, Some(0), 2));
    let reached = harness.relay().await.of("CouponLimitReached");
    let told: Vec<_> = reached.iter().map(|event| (event.data.coupon.limit, event.metadata.occurred_at)).collect();
    assert_eq!(told, [(Some(2), at(1)), (Some(3), at(4))]);
}

#[tokio::test]
async fn lowering_the_limit_to_the_number_of_redemptions_publishes_limit_reached_once() {
    let mut harness = CouponHarness::with(limited(5)).await;
    harness.redeem_many("ord", 2, 1).await;
    let coupon = harness.edited(limited(2), 2).await;
    assert_eq!((coupon.status(at(2)), counts(&coupon)), (Status::Exhausted, (2, 0, Some(0), 1)));
    harness.edited(json!({"max_redemptions": 2, "metadata": {"team": "growth"}}), 3).await;
    assert_eq!(harness.redeem("late", 4).await, Err(Rejection::LimitReached));
    let reached = harness.relay().await.of("CouponLimitReached");
    assert_eq!(reached.len(), 1);
    assert_eq!((reached[0].metadata.occurred_at, &reached[0].metadata.causation_id), (at(2), &None));
}

#[tokio::test]
async fn a_limit_below_redeemed_and_held_is_rejected() {
    let harness = CouponHarness::with(limited(5)).await;
    harness.redeem_many("ord", 2, 1).await;
    let mut holding = purchase_body("FLASH20", "held", "bo@example.com");
    holding["hold"] = json!({"ttl_seconds": 60});
    harness.apply_body(&holding, 1).await.unwrap();
    let CouponEditOutcome::Invalid(errors) = harness.edit(limited(2), 2).await else {
        panic!("the edit was not rejected")
    };
    assert_eq!(errors[0].pointer, "/max_redemptions");
    assert_eq!(errors[0].detail, "must be at least 3: 2 are redeemed and 1 held");
    assert_eq!(counts(&harness.edited(limited(3), 3).await), (2, 1, Some(0), 1));
}

#[tokio::test]
async fn limit_edits_during_redemptions_never_exceed_the_limit() {
    let harness = CouponHarness::with(limited(40)).await;
    let redeemers = (0..24).map(|i| {
        let shop = RedeemInstance::of(&harness.dynamo);
        async move {
            let mut redeemed = 0;
            for turn in 0..3 {
                let order = format!("ord_{i}_{turn}");
                redeemed += i64::from(shop.redeem("FLASH20", &order, "ana@example.com", 1).await.is_ok());
            }
            redeemed
        }
    });
    let edits = async {
        let mut edited = 0;
        for limit in [20, 45, 10, 30] {
            match harness.edit(limited(limit), 1).await {
                CouponEditOutcome::Done(coupon) => {
                    assert!(coupon.times_redeemed + coupon.held <= limit);
                    edited += 1;
                }
                CouponEditOutcome::Invalid(errors) => assert_eq!(errors[0].pointer, "/max_redemptions"),
                other => panic!("{other:?}"),
            }
        }
        edited
    };
    let (redeemed, edited) = futures_util::future::join(join_all(redeemers), edits).await;
    assert!(edited > 0, "every edit was rejected");
    let coupon = harness.coupon().await;
    let limit = coupon.terms.max_redemptions.unwrap();
    assert_eq!(coupon.times_redeemed, redeemed.iter().sum::<i64>());
    assert_eq!(coupon.times_redeemed + coupon.remaining.unwrap(), limit);
    assert!(coupon.times_redeemed <= limit);
}

#[tokio::test]
async fn a_limit_removed_and_set_again_counts_all_redemptions() {
    let mut harness = CouponHarness::with(limited(1)).await;
    harness.redeem("ord_1", 1).await.unwrap();
    assert_eq!(counts(&harness.edited(json!({}), 2).await), (1, 0, None, 2));
    harness.redeem_many("more", 3, 3).await;
    let CouponEditOutcome::Invalid(errors) = harness.edit(limited(3), 4).await else {
        panic!("the edit was not rejected")
    };
    assert_eq!(errors[0].pointer, "/max_redemptions");
    assert_eq!(counts(&harness.edited(limited(5), 5).await), (4, 0, Some(1), 3));
    harness.redeem("last", 6).await.unwrap();
    assert_eq!(harness.redeem("late", 7).await, Err(Rejection::LimitReached));
    assert_eq!(harness.relay().await.of("CouponLimitReached").len(), 2);
}

#[tokio::test]
async fn a_postponed_expiry_fires_only_at_the_new_instant() {
    let mut harness = CouponHarness::with(expiring(1000)).await;
    harness.edited(expiring(5000), 500).await;
    assert_eq!(harness.fire_due(1000).await, [FireOutcome::Void]);
    harness.redeem("ord_1", 4999).await.unwrap();
    assert_eq!(harness.redeem("ord_2", 5000).await, Err(Rejection::CouponExpired));
    assert_eq!(harness.fire_due(5000).await, [FireOutcome::Done]);
    assert!(due::timers(&harness.dynamo).await.is_empty());
    let expired = harness.relay().await.of("CouponExpired");
    assert_eq!(expired.iter().map(|event| event.metadata.occurred_at).collect::<Vec<_>>(), [at(5000)]);
}

#[tokio::test]
async fn a_new_expiry_reactivates_an_expired_coupon_which_expires_again() {
    let mut harness = CouponHarness::with(expiring(1000)).await;
    harness.fire_due(1000).await;
    assert_eq!(harness.redeem("ord_1", 1500).await, Err(Rejection::CouponExpired));
    assert_eq!(harness.edited(expiring(5000), 2000).await.status(at(2000)), Status::Active);
    harness.redeem("ord_1", 2500).await.unwrap();
    harness.fire_due(5000).await;
    assert_eq!(harness.redeem("ord_2", 5000).await, Err(Rejection::CouponExpired));
    let expired = harness.relay().await.of("CouponExpired");
    let told: Vec<_> = expired.iter().map(|event| event.data.coupon.expires_at.unwrap()).collect();
    assert_eq!(told, [at(1000), at(5000)]);
}

#[tokio::test]
async fn an_edit_of_a_coupon_with_an_overdue_expiry_records_the_expiry_first() {
    let mut harness = CouponHarness::with(expiring(1000)).await;
    assert_eq!(harness.edited(expiring(5000), 1001).await.status(at(1001)), Status::Active);
    assert_eq!(harness.fire_due(1002).await, [], "the edit removed the timer");
    harness.redeem("ord_1", 1003).await.unwrap();
    harness.fire_due(5000).await;
    let expired = harness.relay().await.of("CouponExpired");
    assert_eq!(expired.iter().map(|e| e.metadata.occurred_at).collect::<Vec<_>>(), [at(1000), at(5000)]);
}

#[tokio::test]
async fn an_edit_is_stale_after_another_edit_but_not_after_an_expiry() {
    let harness = CouponHarness::with(expiring(1000)).await;
    let seen = harness.coupon().await.version;
    let edit = async |expected: Revision, more: serde_json::Value, now_ms: i64| {
        let terms = fixtures::coupon("FLASH20", more).terms;
        let expected = |version| version == expected;
        edit::edit(&harness.store, &harness.id, expected, |_| Ok(terms.clone()), at(now_ms)).await.unwrap()
    };
    let CouponEditOutcome::Done(extended) = edit(seen, expiring(5000), 2000).await else {
        panic!("the expiry must not make the edit stale")
    };
    assert_eq!(extended.state, State::Active);
    assert_eq!(edit(seen, expiring(9000), 2001).await, CouponEditOutcome::Stale);
    let deleted = edit::delete(&harness.store, &harness.id, |version| version == seen, at(2002)).await.unwrap();
    assert_eq!(deleted, CouponEditOutcome::Stale);
    let both = [6000, 7000].map(|instant| edit(extended.version, expiring(instant), 2003));
    let both = join_all(both).await;
    assert_eq!(both.iter().filter(|edited| **edited == CouponEditOutcome::Stale).count(), 1, "{both:?}");
}

#[tokio::test]
async fn a_deleted_coupon_never_expires_and_frees_its_code() {
    let mut harness = CouponHarness::with(expiring(1000)).await;
    let first = harness.redeem("ord_1", 1).await.unwrap();
    let deleted = edit::delete(&harness.store, &harness.id, |_| true, at(2)).await.unwrap();
    assert!(matches!(deleted, CouponEditOutcome::Done(_)));
    assert_eq!(
        RedeemInstance::of(&harness.dynamo).redeem("FLASH20", "ord_2", "ana@example.com", 3).await,
        Err(Rejection::CouponNotFound)
    );
    let again = edit::delete(&harness.store, &harness.id, |_| true, at(3)).await.unwrap();
    assert_eq!(
        (again, harness.edit(expiring(5000), 3).await),
        (CouponEditOutcome::NotFound, CouponEditOutcome::NotFound)
    );
    assert_eq!(harness.fire_due(1000).await, [FireOutcome::Void]);

    let next = Coupon { id: CouponId::new(at(4), [4; 10]), ..fixtures::coupon("FLASH20", json!({})) };
    assert_eq!(harness.store.create_coupon(&next).await.unwrap(), CreateOutcome::New);
    let redeemed = harness.redeem("ord_2", 2000).await.unwrap();
    assert_eq!(redeemed.coupon_id, next.id, "a warm instance with the deleted coupon in its cache redeems the new one");
    assert_ne!(redeemed.coupon_id, first.coupon_id);
    assert_eq!(harness.store.code(&next.terms.code).await.unwrap(), Some(Code::Shared(next.id)));
    assert_eq!(harness.relay().await.of("CouponExpired"), []);
}
