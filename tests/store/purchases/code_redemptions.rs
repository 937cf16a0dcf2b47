//! Redemptions of unique codes: once per code, counted by the relay, held, rolled back and limited.

use std::collections::BTreeSet;

use couponflow_app::coupons::ports::Code;
use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::purchases::code_rejection::CodeRejection;
use couponflow_app::purchases::ports::PurchaseStore as _;
use couponflow_app::purchases::roll_back::roll_back;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::{Table, TenantStore};
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::{Coupon, RollbackReason, State};
use couponflow_domain::coupons::job::{Job, JobKind};
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::kernel::ids::JobId;
use couponflow_domain::purchases::Checkout;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::{apply_single, at, checkout, stored_coupon};
use couponflow_tests::relayed::Stream;
use couponflow_tests::table::Dynamo;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::instance::RedeemInstance;

/// A coupon with unique codes.
pub(crate) struct Campaign {
    pub(crate) dynamo: Dynamo,
    pub(crate) table: Table,
    store: TenantStore,
    coupon: Coupon,
    codes: Vec<String>,
}

pub(crate) async fn campaign(codes: i64, mut more: Value) -> Campaign {
    let dynamo = Dynamo::start().await;
    let table = dynamo.instance();
    let store = table.of(&fixtures::tenant("demo"));
    more["code_type"] = json!("unique");
    let coupon = stored_coupon(&store, "WELCOME", more).await;
    let job = Job::new(JobId::new(at(0), bits80(&["job"])), coupon.id.clone(), JobKind::ImportCodes, codes, at(0));
    let codes: Vec<String> = (0..codes).map(|i| format!("WELCOME{i:04}")).collect();
    for (place, code) in (0..).zip(&codes) {
        assert!(store.issue_code(&CouponCode::parse(code).unwrap(), &job, place, at(0)).await.unwrap());
    }
    Campaign { dynamo, table, store, coupon, codes }
}

impl Campaign {
    pub(crate) async fn redeem(&self, code: usize, order: &str, now_ms: i64) -> Result<String, Rejection> {
        let redeemed =
            RedeemInstance::of(&self.dynamo).redeem(&self.codes[code], order, "ana@example.com", now_ms).await;
        redeemed.map(|redemption| redemption.id.to_string())
    }

    pub(crate) async fn times_redeemed(&self) -> i64 {
        self.store.coupon(&self.coupon.id).await.unwrap().unwrap().times_redeemed
    }

    fn holding(&self, code: usize, order: &str) -> Checkout {
        let hold = Some(chrono::TimeDelta::seconds(60));
        Checkout { hold, ..checkout(&self.codes[code], order, "ana@example.com") }
    }
}

#[tokio::test]
async fn a_unique_code_is_redeemed_once_under_concurrency() {
    let shop = campaign(1, json!({})).await;
    let orders: Vec<String> = (0..8).flat_map(|i| [format!("ord_{i}"), format!("ord_{i}")]).collect();
    let tried = join_all(orders.iter().map(|order| shop.redeem(0, order, 1))).await;
    let redeemed: BTreeSet<_> = tried.iter().filter_map(|outcome| outcome.as_ref().ok()).collect();
    assert_eq!(redeemed.len(), 1, "{tried:?}");
    assert_eq!(tried.iter().filter(|outcome| outcome.is_ok()).count(), 2, "both requests of the winning order succeed");
    assert!(tried.iter().flat_map(|outcome| outcome.as_ref().err()).all(|r| *r == Rejection::CodeAlreadyUsed));
    assert_eq!(shop.redeem(0, "ord_late", 2).await, Err(Rejection::CodeAlreadyUsed));
}

#[tokio::test]
async fn redeeming_a_unique_code_takes_one_read_and_one_write_unit() {
    let shop = campaign(2, json!({})).await;
    let instance = RedeemInstance::of(&shop.dynamo);
    instance.redeem(&shop.codes[0], "ord_0", "ana@example.com", 1).await.unwrap();
    let before = shop.dynamo.calls();
    instance.redeem(&shop.codes[1], "ord_1", "ana@example.com", 2).await.unwrap();
    assert_eq!(shop.dynamo.calls() - before, 2);
    let written = Stream::of(&shop.dynamo).next_batch().pop().unwrap();
    let image = written["dynamodb"]["NewImage"].as_object().unwrap();
    assert_eq!(image["kind"]["S"], "CODE_REDEEMED");
    let bytes: usize = image.iter().map(|(name, value)| name.len() + size(value)).sum();
    assert!(bytes <= 1024, "{bytes} bytes exceed one write unit of 1,024 bytes");
}

/// Estimates the size of an attribute's value in DynamoDB, in bytes. The actual size of numbers and
/// maps can be a few bytes greater.
fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(elements) => 3 + elements.iter().map(|element| 1 + size(element)).sum::<usize>(),
        Value::Object(members) => {
            let typed = members.len() == 1 && members.keys().all(|name| name.len() <= 4);
            let name = |name: &str| if typed { 0 } else { name.len() + 1 };
            members.iter().map(|(key, value)| name(key) + size(value)).sum()
        }
        _ => 1,
    }
}

#[tokio::test]
async fn the_relay_counts_and_numbers_each_redemption_once() {
    let shop = campaign(90, json!({})).await;
    let orders: Vec<String> = (0..90).map(|i| format!("ord_{i}")).collect();
    join_all(orders.iter().enumerate().map(|(i, order)| shop.redeem(i, order, i as i64))).await;
    let first = Stream::of(&shop.dynamo).relay(&shop.table, at(100)).await;
    let again = Stream::of(&shop.dynamo).relay(&shop.table, at(200)).await;
    for output in [&first, &again] {
        assert_eq!(output.kinds(), vec!["CouponRedeemed"; 90]);
        let number =
            |e: &couponflow_domain::events::event::Event| e.data.redemption.as_ref().unwrap().redemption_number.get();
        let numbers: BTreeSet<i64> = output.events.iter().map(number).collect();
        assert_eq!(numbers, (1..=90).collect());
    }
    let ids = |output: &couponflow_tests::relayed::RelayOutput| -> BTreeSet<String> {
        output.events.iter().map(|event| event.id().to_string()).collect()
    };
    assert_eq!(ids(&first), ids(&again));
    assert!(first.events.iter().all(|event| event.data.coupon.code.as_str().starts_with("WELCOME0")));
    assert_eq!(shop.times_redeemed().await, 90);
    let id = shop.store.redemption_of_code(&CouponCode::parse("WELCOME0007").unwrap()).await.unwrap().unwrap().id;
    assert!(shop.store.redemption(&id).await.unwrap().unwrap().redemption_number.is_some());
}

#[tokio::test]
async fn a_redemption_is_readable_before_and_after_it_is_counted() {
    let shop = campaign(1, json!({})).await;
    let id = shop.redeem(0, "ord_1", 1).await.unwrap();
    let code = CouponCode::parse(&shop.codes[0]).unwrap();
    for counted in [false, true] {
        let redemption = shop.store.redemption_of_code(&code).await.unwrap().unwrap();
        assert_eq!((redemption.id.as_str(), redemption.redemption_number.is_some()), (id.as_str(), counted));
        assert_eq!(shop.store.redemption(&redemption.id).await.unwrap().unwrap(), redemption);
        assert_eq!(shop.redeem(0, "ord_1", 2).await.as_ref(), Ok(&id));
        Stream::of(&shop.dynamo).relay(&shop.table, at(3)).await;
    }
}

#[tokio::test]
async fn a_rolled_back_code_is_usable_again_if_the_release_policy_says_so() {
    let shop = campaign(2, json!({"release_on": ["payment_failed"]})).await;
    let ids = [shop.redeem(0, "ord_0", 1).await.unwrap(), shop.redeem(1, "ord_1", 1).await.unwrap()];
    let mut stream = Stream::of(&shop.dynamo);
    stream.relay(&shop.table, at(2)).await;
    let request = CorrelationId::new("r");
    for (id, reason) in ids.iter().zip([RollbackReason::PaymentFailed, RollbackReason::Refunded]) {
        let id = couponflow_domain::kernel::ids::RedemptionId::parse(id).unwrap();
        let rolled_back = join_all((0..4).map(|_| roll_back(&shop.store, &id, reason, at(3), &request))).await;
        assert!(rolled_back.into_iter().all(|rolled_back| rolled_back.unwrap().unwrap().rollback.is_some()));
    }
    assert_eq!(shop.times_redeemed().await, 1);
    let again = shop.redeem(0, "ord_2", 4).await.unwrap();
    assert_ne!(again, ids[0]);
    assert_eq!(
        shop.redeem(1, "ord_3", 4).await,
        Err(Rejection::CodeAlreadyUsed),
        "the release policy does not include refunds"
    );
    let output = stream.relay(&shop.table, at(5)).await;
    assert_eq!(
        output.kinds(),
        ["CouponRedemptionRolledBack", "CouponRedemptionRolledBack", "CouponRedeemed", "CouponRejected"]
    );
    assert_eq!(output.events[2].data.redemption.as_ref().unwrap().redemption_number.get(), 3);
    let replayed = Stream::of(&shop.dynamo).relay(&shop.table, at(6)).await;
    assert_eq!(replayed.kinds().iter().filter(|kind| **kind == "CouponRedeemed").count(), 3);
    assert_eq!(shop.times_redeemed().await, 2);
}

#[tokio::test]
async fn limits_of_the_coupon_apply_to_its_codes() {
    let shop = campaign(5, json!({"max_redemptions": 3})).await;
    let orders: Vec<String> = (0..5).map(|i| format!("ord_{i}")).collect();
    let tried = join_all(orders.iter().enumerate().map(|(i, order)| shop.redeem(i, order, 1))).await;
    assert_eq!(tried.iter().filter(|outcome| outcome.is_ok()).count(), 3);
    assert_eq!(shop.times_redeemed().await, 3);
    let used = tried.iter().position(Result::is_ok).unwrap();
    assert_eq!(shop.redeem(used, "ord_x", 2).await, Err(Rejection::LimitReached));
    let output = Stream::of(&shop.dynamo).relay(&shop.table, at(3)).await;
    assert_eq!(output.kinds().iter().filter(|kind| **kind == "CouponLimitReached").count(), 1);
}

#[tokio::test]
async fn a_warm_instance_sees_a_pause_within_a_second() {
    let shop = campaign(2, json!({})).await;
    let instance = RedeemInstance::of(&shop.dynamo);
    instance.redeem(&shop.codes[0], "ord_0", "ana@example.com", 1).await.unwrap();
    assert!(shop.store.set_state(&shop.coupon, State::Paused, at(2)).await.unwrap());
    let refused = instance.redeem(&shop.codes[1], "ord_1", "ana@example.com", 1001).await;
    assert_eq!(refused, Err(Rejection::CouponPaused));
}

#[tokio::test]
async fn a_held_code_belongs_to_its_order_until_the_hold_expires() {
    let shop = campaign(1, json!({})).await;
    let application = apply_single(&shop.store, &shop.holding(0, "ord_1"), at(0)).await.unwrap();
    let held = CodeRejection { rejection: Rejection::CodeAlreadyUsed, hold_may_free_up: true };
    assert_eq!(apply_single(&shop.store, &shop.holding(0, "ord_2"), at(1)).await, Err(held));
    assert_eq!(shop.redeem(0, "ord_2", 1).await, Err(Rejection::CodeAlreadyUsed));
    assert!(couponflow_tests::fixtures::remove(&shop.store, &application.id).await.unwrap());
    apply_single(&shop.store, &shop.holding(0, "ord_2"), at(2)).await.expect("the hold was released");
    apply_single(&shop.store, &shop.holding(0, "ord_3"), at(61_000)).await.expect("the hold has expired");
    let application =
        apply_single(&shop.store, &shop.holding(0, "ord_3"), at(62_000)).await.expect("the hold is prolonged");
    let body = json!({"application_id": application.id, "order": application.order});
    RedeemInstance::of(&shop.dynamo).redeem_body(&body, 62_001).await.unwrap();
    assert_eq!(shop.redeem(0, "ord_4", 62_002).await, Err(Rejection::CodeAlreadyUsed));
}

#[tokio::test]
async fn a_second_code_of_the_coupon_on_the_order_releases_the_first() {
    let shop = campaign(2, json!({})).await;
    apply_single(&shop.store, &shop.holding(0, "ord_1"), at(0)).await.unwrap();
    apply_single(&shop.store, &shop.holding(1, "ord_1"), at(1)).await.unwrap();
    shop.redeem(0, "ord_2", 2).await.expect("the first code is released");
    assert_eq!(shop.redeem(1, "ord_3", 2).await, Err(Rejection::CodeAlreadyUsed), "ord_1 holds the code");
    let output = Stream::of(&shop.dynamo).relay(&shop.table, at(3)).await;
    assert_eq!(output.kinds().iter().filter(|kind| **kind == "CouponApplied").count(), 2, "one event per code");
}

#[tokio::test]
async fn a_used_code_of_a_paused_coupon_is_rejected_as_paused() {
    let shop = campaign(1, json!({})).await;
    shop.redeem(0, "ord_1", 1).await.unwrap();
    assert!(shop.store.set_state(&shop.coupon, State::Paused, at(2)).await.unwrap());
    assert_eq!(shop.redeem(0, "ord_2", 2000).await, Err(Rejection::CouponPaused));
    let applied = apply_single(&shop.store, &checkout(&shop.codes[0], "ord_2", "ana@example.com"), at(2000)).await;
    assert_eq!(applied, Err(Rejection::CouponPaused.into()));
}

#[tokio::test]
async fn the_own_code_of_a_coupon_with_unique_codes_is_not_redeemable() {
    let shop = campaign(1, json!({})).await;
    let refused = RedeemInstance::of(&shop.dynamo).redeem("WELCOME", "ord_1", "ana@example.com", 1).await;
    assert_eq!(refused, Err(Rejection::CouponNotFound));
    let code = shop.store.code(&shop.coupon.terms.code).await.unwrap();
    assert_eq!(code, Some(Code::Shared(shop.coupon.id.clone())), "the code stays reserved for the coupon");
}
