//! Isolation in the relay: the records of one tenant or one subject do not delay the records of others.

use couponflow_app::purchases::roll_back::roll_back;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_domain::coupons::coupon::RollbackReason;
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::{at, stored_coupon};
use couponflow_tests::pipeline::Pipeline;
use couponflow_tests::table::{Dynamo, Outage};
use serde_json::json;

use crate::instance::RedeemInstance;

const EMAIL: &str = "ana@example.com";

#[tokio::test]
async fn a_busy_subject_is_deferred_in_order_and_other_subjects_are_published() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    for code in ["BUSY", "OTHER"] {
        stored_coupon(&store, code, json!({})).await;
    }
    let shop = RedeemInstance::of(&dynamo);
    let busy = shop.redeem("BUSY", "ord_1", EMAIL, 1).await.unwrap();
    roll_back(&store, &busy.id, RollbackReason::Refunded, at(2), "rollback").await.unwrap().unwrap();
    let mut pipeline = {
        let outage = Outage::default();
        outage.set(true);
        Pipeline::of(&dynamo, dynamo.instance_with(&outage, busy.id.key()))
    };
    let outcome = pipeline.deliver(at(3)).await.unwrap();
    assert!(outcome.failed.is_empty() && !outcome.deferred.is_empty(), "{outcome:?}");
    shop.redeem("OTHER", "ord_2", EMAIL, 4).await.unwrap();
    pipeline.deliver_all(at(5)).await;
    assert_eq!(pipeline.published("CouponRedeemed").len(), 1, "only the redemption of the other coupon");
    let deferred = pipeline.deferred();
    let [message] = &deferred[..] else { panic!("the changes of one coupon are deferred together: {deferred:?}") };
    assert!(message.cause.contains("the table does not respond"), "{}", message.cause);

    // After the outage, the rollback waits for the number of the redemption, even if SQS delivers the rollback first.
    let [redeemed, rolled_back] = &message.records[..] else { panic!("{:?}", message.records) };
    let alone = |record: &serde_json::Value| {
        let mut message = message.clone();
        message.records = vec![record.clone()];
        message
    };
    let healthy = Pipeline::of(&dynamo, dynamo.instance());
    healthy.set_deferred(vec![alone(rolled_back)]);
    healthy.retry(at(10)).await;
    assert_eq!(healthy.deferred().len(), 1, "the rollback has to wait");
    assert!(healthy.set_aside().is_empty());
    let waiting = healthy.deferred().remove(0);
    healthy.set_deferred(vec![alone(redeemed), waiting]);
    healthy.retry(at(60_000)).await;
    assert!(healthy.deferred().is_empty());
    let counts = ["CouponRedeemed", "CouponRedemptionRolledBack"].map(|kind| healthy.published(kind).len());
    assert_eq!(counts, [1, 1]);
}

#[tokio::test]
async fn a_damaged_record_is_set_aside_with_its_cause_and_a_later_record_is_published() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    stored_coupon(&store, "FLASH20", json!({})).await;
    let shop = RedeemInstance::of(&dynamo);
    let damaged = shop.redeem("FLASH20", "ord_1", EMAIL, 1).await.unwrap();
    shop.redeem("FLASH20", "ord_2", EMAIL, 2).await.unwrap();
    let key = format!("t#demo#redemption#{}", damaged.id.key());
    crate::events::relay_faults::damage(&dynamo, &key, "redemption", "redemption").await;
    let mut pipeline = Pipeline::of(&dynamo, dynamo.instance());
    pipeline.deliver_all(at(3)).await;
    assert_eq!(pipeline.published("CouponRedeemed").len(), 1);
    assert!(pipeline.deferred().is_empty());
    let set_aside = pipeline.set_aside();
    let [(record, cause)] = &set_aside[..] else { panic!("{set_aside:?}") };
    assert!(record["dynamodb"]["NewImage"].is_object() && cause.starts_with("numbering a redemption"), "{cause}");
}
