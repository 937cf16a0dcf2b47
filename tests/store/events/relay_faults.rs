//! Faults of single records in a batch of the relay: a corrupt record fails alone, and the other
//! records are relayed.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::events::ports::EventBus;
use couponflow_app::events::relay::{RelayError, relay};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_aws::stream;
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::events::contact_erased::ContactErased;
use couponflow_domain::events::event::Event;
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::{ClockAt, at, stored_coupon};
use couponflow_tests::relayed::{RecordingBus, RelayOutput, Stream, relay_batch};
use couponflow_tests::table::Dynamo;
use serde_json::{Value, json};

use crate::instance::RedeemInstance;
use crate::purchases::code_redemptions::{Campaign, campaign};

const DAY_MS: i64 = 86_400_000;

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

/// Sets an attribute to an unreadable string. Creates the item if it does not exist.
pub(crate) async fn damage(dynamo: &Dynamo, pk: &str, sk: &str, attribute: &str) {
    let update = dynamo.client.update_item().table_name("couponflow").key("pk", text(pk)).key("sk", text(sk));
    let update = update.update_expression("SET #name = :damage").expression_attribute_names("#name", attribute);
    update.expression_attribute_values(":damage", text("damaged")).send().await.unwrap();
}

fn key_of_redemption(code: &str) -> String {
    format!("t#demo#redemption#{}", CouponCode::parse(code).unwrap().key())
}

/// The errors among the outcomes of a batch.
fn failures(outcomes: Vec<Result<(), RelayError>>) -> Vec<RelayError> {
    outcomes.into_iter().filter_map(Result::err).collect()
}

fn is_corrupt(error: &RelayError) -> bool {
    matches!(error, RelayError::Unprocessable(_))
}

/// Redeems three unique codes. Returns the campaign, and the stream records of the redemptions,
/// which are not relayed yet.
async fn three_codes_redeemed() -> (Campaign, Vec<Value>) {
    let shop = campaign(3, json!({})).await;
    for code in 0..3 {
        shop.redeem(code, &format!("ord_{code}"), code as i64).await.unwrap();
    }
    let batch = Stream::of(&shop.dynamo).next_batch();
    (shop, batch)
}

fn numbers(output: &RelayOutput) -> Vec<i64> {
    output
        .of("CouponRedeemed")
        .iter()
        .map(|event| event.data.redemption.as_ref().unwrap().redemption_number.get())
        .collect()
}

#[tokio::test]
async fn an_unreadable_redemption_fails_alone_when_codes_are_numbered() {
    let (shop, batch) = three_codes_redeemed().await;
    let mut output = RelayOutput::default();
    assert!(failures(relay_batch(&batch, &shop.table, at(10), &mut output).await).is_empty());
    assert_eq!(numbers(&output), [1, 2, 3]);
    damage(&shop.dynamo, &key_of_redemption("WELCOME0001"), "redemption", "redemption_number").await;
    let mut again = RelayOutput::default();
    let failed = failures(relay_batch(&batch, &shop.table, at(20), &mut again).await);
    assert!(matches!(&failed[..], [error] if is_corrupt(error)), "{failed:?}");
    assert_eq!(numbers(&again), [1, 3]);
}

#[tokio::test]
async fn a_redemption_that_cannot_be_stored_fails_alone_and_in_time() {
    let (shop, batch) = three_codes_redeemed().await;
    // An unreadable item occupies the key of the second redemption.
    damage(&shop.dynamo, &key_of_redemption("WELCOME0001"), "redemption", "redemption_id").await;
    let mut output = RelayOutput::default();
    let delivered =
        tokio::time::timeout(Duration::from_secs(30), relay_batch(&batch, &shop.table, at(10), &mut output));
    let failed = failures(delivered.await.expect("the relay gives up on the record that it cannot store"));
    assert!(matches!(&failed[..], [error] if is_corrupt(error)), "{failed:?}");
    assert_eq!(numbers(&output), [1, 2], "no redemption number is skipped");
    assert_eq!(shop.times_redeemed().await, 2);
}

#[tokio::test]
async fn damaged_statistics_fail_only_the_events_of_their_day() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let coupon = stored_coupon(&store, "FLASH20", json!({})).await;
    for (order, day) in [("ord_1", 0), ("ord_2", 1), ("ord_3", 1)] {
        let instance = RedeemInstance::of(&dynamo);
        instance.redeem("FLASH20", order, "ana@example.com", day * DAY_MS + 1).await.unwrap();
    }
    let batch = Stream::of(&dynamo).next_batch();
    let day = at(0).date_naive().to_string();
    damage(&dynamo, &format!("t#demo#stats#{}", coupon.id), &day, "redeemed").await;
    let mut output = RelayOutput::default();
    let failed = failures(relay_batch(&batch, &dynamo.instance(), at(2 * DAY_MS), &mut output).await);
    assert!(matches!(&failed[..], [error] if is_corrupt(error)), "{failed:?}");
    assert_eq!(numbers(&output), [2, 3]);
}

/// Redeems two coupons once each. Returns the table, the coupons, and the stream records of the
/// redemptions.
async fn two_coupons_redeemed() -> (Dynamo, [Coupon; 2], Vec<Value>) {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let coupons = [stored_coupon(&store, "ONE", json!({})).await, stored_coupon(&store, "TWO", json!({})).await];
    for coupon in &coupons {
        let code = coupon.terms.code.as_str();
        RedeemInstance::of(&dynamo).redeem(code, "ord_1", "ana@example.com", 1).await.unwrap();
    }
    let batch = Stream::of(&dynamo).next_batch();
    (dynamo, coupons, batch)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_before_any_call_fails_at_most_one_record() {
    let mut failed_alone = 0;
    for call in 0.. {
        let (dynamo, _, batch) = two_coupons_redeemed().await;
        let before = dynamo.calls();
        let panicking = dynamo.interrupted_instance(call, || async { panic!("on purpose") });
        let mut output = RelayOutput::default();
        let failed = failures(relay_batch(&batch, &panicking, at(10), &mut output).await);
        assert!(failed.len() <= 1 && failed.iter().all(is_corrupt), "at call {call}: {failed:?}");
        assert_eq!(output.of("CouponRedeemed").len() + failed.len(), 2, "at call {call}");
        failed_alone += failed.len();
        if dynamo.calls() - before < call {
            break;
        }
    }
    assert!(
        failed_alone >= 2,
        "only {failed_alone} records failed; a panic while numbering must fail each of the two redemptions"
    );
}

/// A bus that panics for events of one coupon.
struct PanicsAt(Coupon);

impl EventBus for PanicsAt {
    async fn publish(&self, events: &[Event]) -> Vec<Result<(), StoreError>> {
        assert!(events.iter().all(|event| event.data.coupon.id != self.0.id), "on purpose");
        events.iter().map(|_| Ok(())).collect()
    }

    async fn publish_erasures(&self, events: &[ContactErased]) -> Vec<Result<(), StoreError>> {
        events.iter().map(|_| Ok(())).collect()
    }
}

#[tokio::test]
async fn a_panic_while_publishing_fails_only_that_event() {
    let (dynamo, coupons, batch) = two_coupons_redeemed().await;
    let records: Vec<_> = batch.into_iter().filter_map(|record| stream::read(record).unwrap()).collect();
    let [panics, _] = coupons;
    let queue = RecordingBus::default();
    let failed = failures(relay(&dynamo.instance(), &PanicsAt(panics), &queue, &records, &ClockAt(10), at(20)).await);
    assert!(matches!(&failed[..], [error] if is_corrupt(error)), "{failed:?}");
}
