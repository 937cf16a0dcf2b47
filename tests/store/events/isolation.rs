//! Isolation in the relay: the records of one tenant or one subject do not delay the records of others.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use couponflow_app::coupons::ports::{CouponStore as _, StatisticsQuery};
use couponflow_app::purchases::roll_back::roll_back;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::coupons::coupon::RollbackReason;
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::digest::key80;
use couponflow_domain::kernel::input;
use couponflow_domain::purchases::Checkout;
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::{apply_codes, at, purchase_body, stored_coupon};
use couponflow_tests::pipeline::Pipeline;
use couponflow_tests::table::{Dynamo, Outage};
use serde_json::{Value, json};

use crate::instance::RedeemInstance;

const EMAIL: &str = "ana@example.com";

/// Stores attempts with unknown codes. The first attempt is made; the others are copies with other ids, because
/// thousands of requests would take a minute.
async fn guess(dynamo: &Dynamo, attempts: std::ops::Range<usize>) {
    let store = dynamo.instance().of(&fixtures::tenant("guesser"));
    let id = |attempt: usize| format!("guess-{attempt}");
    let checkout = input::read(&purchase_body("GUESS", "ord_1", EMAIL), Checkout::read).unwrap();
    let applied = apply_codes(&store, &checkout, at(0), &id(attempts.start)).await.unwrap();
    assert!(applied.iter().all(|applied| applied.outcome.is_err()));
    let key = |attempt: usize| format!("t#guesser#rejection#{}", key80(&[&id(attempt), "GUESS", "apply"]));
    let text = |text: String| AttributeValue::S(text);
    let get = dynamo.client.get_item().table_name("couponflow").key("pk", text(key(attempts.start)));
    let made = get.key("sk", text("rejection".to_owned())).send().await.unwrap().item.expect("the attempt is stored");
    let copies: Vec<WriteRequest> = attempts
        .skip(1)
        .map(|attempt| {
            let mut item = made.clone();
            item.insert("pk".to_owned(), text(key(attempt)));
            let Some(AttributeValue::M(stored)) = item.get_mut("attempt") else { panic!("{made:?}") };
            stored.insert("correlation_id".to_owned(), text(id(attempt))).expect("a correlation id");
            let put = PutRequest::builder().set_item(Some(item)).build().unwrap();
            WriteRequest::builder().put_request(put).build()
        })
        .collect();
    for batch in copies.chunks(25) {
        let write = dynamo.client.batch_write_item().request_items("couponflow", batch.to_vec());
        assert!(write.send().await.unwrap().unprocessed_items.unwrap_or_default().is_empty());
    }
}

async fn counted_guesses(store: &TenantStore) -> i64 {
    let query = StatisticsQuery { coupon_id: None, from: at(0).date_naive(), to: at(0).date_naive() };
    let (total, days) = store.statistics(&query).await.unwrap();
    let of_day: i64 = days.iter().flat_map(|(_, counts)| counts.rejected.values()).sum();
    let total = total.rejected.values().sum();
    assert_eq!(of_day, total);
    total
}

/// Number of attempts with unknown codes. Each hundred of them is a batch of the relay.
const GUESSES: usize = 2000;

#[tokio::test]
async fn guesses_of_one_tenant_delay_no_event_of_another_and_none_is_lost() {
    let dynamo = Dynamo::start().await;
    let guesser = dynamo.instance().of(&fixtures::tenant("guesser"));
    stored_coupon(&dynamo.instance().of(&fixtures::tenant("demo")), "FLASH20", json!({})).await;
    guess(&dynamo, 0..GUESSES / 2).await;
    RedeemInstance::of(&dynamo).redeem("FLASH20", "ord_1", EMAIL, 1).await.unwrap();
    guess(&dynamo, GUESSES / 2..GUESSES).await;

    // The guesser's items do not respond.
    let outage = Outage::default();
    outage.set(true);
    let mut pipeline = Pipeline::of(&dynamo, dynamo.instance_with(&outage, "t#guesser#"));
    let (mut batches, mut published_in) = (0, None);
    while let Some(outcome) = pipeline.deliver(at(2)).await {
        assert_eq!((outcome.failed, outcome.set_aside), (vec![], vec![]), "batch {batches}");
        if published_in.is_none() && !pipeline.published("CouponRedeemed").is_empty() {
            published_in = Some(batches);
        }
        batches += 1;
    }
    assert!(batches >= GUESSES / 100, "{batches} batches");
    let published_in = published_in.expect("the event of the redemption");
    let middle = GUESSES / 200;
    assert!((middle - 1..=middle + 1).contains(&published_in), "published in batch {published_in} of {batches}");
    assert_eq!(counted_guesses(&guesser).await, 0);
    let deferred = pipeline.deferred();
    assert!(deferred.iter().all(|message| message.tenant.as_str() == "guesser"));
    assert!(deferred.len() <= 2 * batches, "{} messages for {batches} batches", deferred.len());

    // After the outage, the retry queue delivers every guess. The relay counts the guesses together.
    outage.set(false);
    let before = dynamo.calls();
    pipeline.retry(at(3_600_000)).await;
    assert!(pipeline.deferred().is_empty());
    let calls = dynamo.calls() - before;
    assert!(calls <= GUESSES / 25, "{calls} calls for {GUESSES} guesses");
    assert_eq!(counted_guesses(&guesser).await, GUESSES as i64);
    // A second delivery counts no guess again.
    pipeline.set_deferred(deferred.into_iter().take(2).collect());
    pipeline.retry(at(3_600_000)).await;
    assert_eq!(counted_guesses(&guesser).await, GUESSES as i64);
}

/// Number of attempts whose records are fed to the relay directly.
const FED_GUESSES: usize = 10_000;

/// Returns the record of another attempt with the same unknown code.
fn another_guess(record: &Value, attempt: usize) -> Value {
    let mut record = record.clone();
    let id = format!("fed-{attempt}");
    let pk = json!(format!("t#guesser#rejection#{}", key80(&[&id, "GUESS", "apply"])));
    record["dynamodb"]["Keys"]["pk"]["S"] = pk.clone();
    record["dynamodb"]["NewImage"]["pk"]["S"] = pk;
    record["dynamodb"]["NewImage"]["attempt"]["M"]["correlation_id"]["S"] = json!(id);
    record
}

#[tokio::test]
async fn ten_thousand_guesses_of_one_tenant_delay_no_event_of_another_and_all_are_deferred() {
    let dynamo = Dynamo::start().await;
    stored_coupon(&dynamo.instance().of(&fixtures::tenant("demo")), "FLASH20", json!({})).await;
    guess(&dynamo, 0..1).await;
    RedeemInstance::of(&dynamo).redeem("FLASH20", "ord_1", EMAIL, 1).await.unwrap();
    // The guesser's items do not respond.
    let outage = Outage::default();
    outage.set(true);
    let mut pipeline = Pipeline::of(&dynamo, dynamo.instance_with(&outage, "t#guesser#"));
    let is_guess = |record: &Value| record["dynamodb"]["NewImage"]["kind"]["S"] == "REJECTION";
    let (guesses, of_shop): (Vec<Value>, Vec<Value>) = pipeline.lose_records().into_iter().partition(is_guess);
    let [guess] = &guesses[..] else { panic!("{guesses:?}") };
    pipeline.feed((0..FED_GUESSES / 2).map(|attempt| another_guess(guess, attempt)));
    pipeline.feed(of_shop);
    pipeline.feed((FED_GUESSES / 2..FED_GUESSES).map(|attempt| another_guess(guess, attempt)));

    let (mut batches, mut published_in) = (0, None);
    while let Some(outcome) = pipeline.deliver(at(2)).await {
        assert_eq!((outcome.failed, outcome.set_aside), (vec![], vec![]), "batch {batches}");
        if published_in.is_none() && !pipeline.published("CouponRedeemed").is_empty() {
            published_in = Some(batches);
        }
        batches += 1;
    }
    assert!(batches > FED_GUESSES / 100, "{batches} batches");
    let of_redemption = FED_GUESSES / 2 / 100;
    assert_eq!(published_in, Some(of_redemption), "the batch with the redemption publishes its event");
    let deferred = pipeline.deferred();
    assert!(deferred.len() <= 2 * batches, "{} messages for {batches} batches", deferred.len());
    assert!(deferred.iter().all(|message| message.tenant.as_str() == "guesser"));
    let id = |record: &Value| record["dynamodb"]["NewImage"]["attempt"]["M"]["correlation_id"]["S"].to_string();
    let ids: Vec<String> = deferred.iter().flat_map(|message| &message.records).map(id).collect();
    let distinct: BTreeSet<&String> = ids.iter().collect();
    assert_eq!((ids.len(), distinct.len()), (FED_GUESSES, FED_GUESSES), "every guess is in the retry queue once");
}

#[tokio::test]
async fn a_busy_subject_is_deferred_in_order_and_other_subjects_are_published() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    for code in ["BUSY", "OTHER"] {
        stored_coupon(&store, code, json!({})).await;
    }
    let shop = RedeemInstance::of(&dynamo);
    let busy = shop.redeem("BUSY", "ord_1", EMAIL, 1).await.unwrap();
    roll_back(&store, &busy.id, RollbackReason::Refunded, at(2), &CorrelationId::new("rollback"))
        .await
        .unwrap()
        .unwrap();
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
    let alone = |record: &Value| {
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
