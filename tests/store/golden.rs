//! This version reads everything that earlier versions stored or published.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use couponflow_app::coupons::cache::CouponCache;
use couponflow_app::purchases::redeem::{Redeemed, redeem};
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_domain::events::event::{Envelope, Event, EventType};
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::input;
use couponflow_domain::purchases::RedeemRequest;
use couponflow_tests::due::timers;
use couponflow_tests::fixtures::{at, purchase_body, tenant};
use couponflow_tests::golden::story::{DAY, END};
use couponflow_tests::golden::{dump, reads, restore, story};
use couponflow_tests::harness::ExecutorHarness;
use couponflow_tests::relayed::Stream;
use couponflow_tests::repository;
use couponflow_tests::table::Dynamo;
use serde_json::{Value, json};

/// Kinds of items without a `kind` attribute, because only updates write them. Each has the part of
/// the key that identifies the kind.
const KINDS_BY_KEY: [(&str, &str); 2] = [("CUSTOMER", "#customer#"), ("GENERATION", "#generation")];

/// The versions with golden files, oldest first.
fn versions() -> Vec<String> {
    let directory = std::fs::read_dir(repository::root().join("tests/golden")).unwrap();
    let names = directory.map(|version| version.unwrap().file_name().into_string().unwrap());
    let mut versions: Vec<u32> = names.map(|name| name.parse().expect("the name of a version is a number")).collect();
    versions.sort_unstable();
    assert!(!versions.is_empty());
    versions.iter().map(u32::to_string).collect()
}

fn list(version: &str, name: &str) -> Vec<Value> {
    let list = repository::json(&format!("tests/golden/{version}/{name}.json"));
    let list = list.as_array().unwrap().clone();
    assert!(!list.is_empty());
    list
}

fn published(version: &str) -> Vec<Event> {
    let envelopes = list(version, "events").into_iter().map(|event| serde_json::from_value::<Envelope>(event).unwrap());
    envelopes.map(Event::from).collect()
}

async fn restored(version: &str) -> Dynamo {
    let dynamo = Dynamo::start().await;
    restore(&dynamo, &list(version, "items")).await;
    dynamo
}

/// Lists the places where a value of `golden` is missing or different in `actual`. `actual` may
/// have additional members.
fn differences(golden: &Value, actual: &Value, at: &str, found: &mut Vec<String>) {
    match (golden, actual) {
        (Value::Object(golden), Value::Object(actual)) => {
            for (name, value) in golden {
                differences(value, actual.get(name).unwrap_or(&Value::Null), &format!("{at}/{name}"), found);
            }
        }
        (Value::Array(golden), Value::Array(actual)) if golden.len() == actual.len() => {
            for (i, (golden, actual)) in golden.iter().zip(actual).enumerate() {
                differences(golden, actual, &format!("{at}/{i}"), found);
            }
        }
        _ if golden == actual => {}
        _ => found.push(format!("{at}: golden value {golden}, actual value {actual}")),
    }
}

#[tokio::test]
async fn items_of_every_version_are_read_like_that_version_read_them() {
    for version in versions() {
        let golden = repository::json(&format!("tests/golden/{version}/reads.json"));
        let read = json!(reads::all(&restored(&version).await, &published(&version)).await);
        let mut found = Vec::new();
        differences(&golden, &read, &version, &mut found);
        assert_eq!(found, Vec::<String>::new());
    }
}

/// Attributes that the current code writes and that items of the newest golden version lack. The attribute `kind`
/// stands for a kind of item that the newest golden version lacks.
const ADDED: [(&str, &str); 5] =
    [("MAIL_STATE", "kind"), ("RECIPIENT", "kind"), ("SESSION", "kind"), ("SIGN_IN_LINK", "kind"), ("SWEEP", "kind")];

/// Members that the current code writes into JSON texts, and that the newest golden version lacks.
const ADDED_MEMBERS: [&str; 0] = [];

/// Members of a rejected attempt that the current code no longer stores if the code is unknown.
const REMOVED_FROM_ATTEMPTS: [&str; 2] = ["customer", "order"];

/// Attributes with random values, which depend on how many random bits the code drew before.
const RANDOM: [(&str, &str); 1] = [("CONTACT", "unsubscribe_token")];

/// If this test fails because an item has got an attribute on purpose, add a golden version. If an
/// attribute has another form, add a reader for the old form first; see `shared/aws/src/dynamo/engine/item.rs`.
#[tokio::test]
async fn code_stores_the_items_of_the_newest_version_byte_for_byte() {
    let golden = list(versions().last().unwrap(), "items");
    let (harness, _) = story::play().await;
    let mut stored = dump(&harness.dynamo).await;
    stored.retain(|item| !ADDED.contains(&(item["kind"]["S"].as_str().unwrap_or_default(), "kind")));
    let key = |item: &Value| (item["pk"].to_string(), item["sk"].to_string());
    let keys = |items: &[Value]| items.iter().map(key).collect::<Vec<_>>();
    assert_eq!(keys(&golden), keys(&stored));
    let mut kinds = BTreeSet::new();
    for (golden, stored) in golden.iter().zip(&stored) {
        let kind = golden["kind"]["S"].as_str().unwrap_or_default();
        let is_compared = |name: &str| {
            let is_added = ADDED.contains(&(kind, name)) && golden.get(name).is_none();
            !is_added && !RANDOM.contains(&(kind, name))
        };
        // As text, so that a number of another form counts as a difference.
        let text = |item: &Value| {
            let attributes = item.as_object().unwrap().iter().filter(|(name, _)| is_compared(name));
            let text =
                |value: &Value| ADDED_MEMBERS.iter().fold(value.to_string(), |text, added| text.replace(added, ""));
            attributes.map(|(name, value)| format!("{name}: {}", text(value))).collect::<Vec<_>>()
        };
        let without_removed = |item: &Value| {
            let mut item = item.clone();
            if let Some(attempt) = item.pointer_mut("/attempt/M").and_then(Value::as_object_mut) {
                attempt.retain(|name, _| !REMOVED_FROM_ATTEMPTS.contains(&name.as_str()));
            }
            item
        };
        let is_shortened = stored.pointer("/attempt/M/customer/NULL").is_some();
        let golden = if is_shortened { &without_removed(golden) } else { golden };
        let stored = if is_shortened { &without_removed(stored) } else { stored };
        assert_eq!(text(golden), text(stored), "{:?}", key(golden));
        kinds.insert(kind);
    }
    assert!(kinds.len() > 20, "{kinds:?}");
}

/// Every version must have events of the same types as the version before it, and may add types.
/// The newest version must have events of all types.
#[test]
fn events_of_every_version_are_read_without_loss() {
    let mut before = BTreeSet::new();
    for version in versions() {
        let mut types = BTreeSet::new();
        let (golden, read) = (list(&version, "events"), published(&version));
        assert_eq!(golden.len(), read.len());
        for (golden, event) in golden.iter().zip(read) {
            let mut found = Vec::new();
            differences(&golden["detail"], &json!(event.detail()), event.kind.detail_type(), &mut found);
            assert_eq!(found, Vec::<String>::new());
            types.insert(event.kind.detail_type());
        }
        let lost: Vec<_> = before.difference(&types).collect();
        assert!(lost.is_empty(), "version {version} lacks events of the types {lost:?}");
        before = types;
    }
    assert_eq!(
        before,
        EventType::ALL.iter().map(|kind| kind.detail_type()).collect(),
        "the newest version has events of all types"
    );
}

/// A new kind of item needs a new golden version with an item of that kind.
#[test]
fn every_kind_of_item_has_a_golden_item() {
    let items: Vec<Value> = versions().iter().flat_map(|version| list(version, "items")).collect();
    let golden = |kind: &str| {
        let by_key = KINDS_BY_KEY.iter().find(|(name, _)| *name == kind).map(|(_, part)| *part);
        items.iter().any(|item| match by_key {
            Some(part) => format!("{}{}", item["pk"]["S"], item["sk"]["S"]).contains(part),
            None => item["kind"]["S"] == kind,
        })
    };
    let kinds = kinds_in_source();
    let is_added = |kind: &str| ADDED.contains(&(kind, "kind"));
    let missing: Vec<&String> = kinds.iter().filter(|kind| !golden(kind) && !is_added(kind)).collect();
    assert_eq!(missing, Vec::<&String>::new());
    assert!(kinds.len() > 20, "{kinds:?}");
}

/// Every value of `const KIND` in the source of the DynamoDB adapter.
fn kinds_in_source() -> BTreeSet<String> {
    let mut kinds = BTreeSet::new();
    let mut folders = vec![repository::root().join("shared/aws/src/dynamo")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(path).unwrap();
            let declared = source.split("const KIND: &'static str = \"").skip(1);
            kinds.extend(declared.map(|rest| rest.split('"').next().unwrap().to_owned()));
        }
    }
    kinds
}

#[tokio::test]
async fn stored_executions_and_timers_of_every_version_continue() {
    for version in versions() {
        let harness = ExecutorHarness::on(restored(&version).await);
        harness.advance_to(END + 90 * DAY).await;
        assert_eq!(timers(&harness.dynamo).await, []);
        let store = harness.table.of(&tenant("demo"));
        let read = reads::all(&harness.dynamo, &published(&version)).await;
        let before = repository::json(&format!("tests/golden/{version}/reads.json"));
        let (before, now) = (before["executions"].as_array().unwrap(), read["executions"].as_array().unwrap());
        assert!(!before.is_empty() && before.len() == now.len(), "{} of {} executions", now.len(), before.len());
        assert!(before.iter().any(|before| before["execution"]["status"] == "waiting"), "no stored execution waits");
        for (before, now) in before.iter().zip(now) {
            assert_eq!(now["execution"]["id"], before["execution"]["id"]);
            let expected = if before["execution"]["status"] == "skipped" { "skipped" } else { "completed" };
            assert_eq!(now["execution"]["status"], expected, "the stored execution is {:#}", before["execution"]);
        }
        assert!(!harness.outbound.posts().is_empty(), "the webhook after the wait was not sent");

        let body = purchase_body("OPEN10", "ord_8", "gus@example.com");
        let request = input::read(&body, RedeemRequest::read).unwrap();
        let now = at(END) + TimeDelta::days(1);
        let again =
            redeem(&store, &CouponCache::default(), &harness.tenant, request, now, &CorrelationId::new("again"))
                .await
                .unwrap();
        let Redeemed::Redemptions(redemptions) = again else { panic!("{again:?}") };
        let before = published(&version).into_iter().filter_map(|event| event.data.redemption);
        assert!(
            before.into_iter().any(|redemption| redemption.id == redemptions.first().id),
            "the repeated redeem returned a new redemption"
        );
    }
}

#[tokio::test]
async fn stored_changes_of_every_version_yield_the_same_events() {
    for version in versions() {
        let dynamo = restored(&version).await;
        let before: BTreeSet<String> = published(&version).iter().map(|event| event.id().to_string()).collect();
        let relayed = Stream::of(&dynamo).relay(&dynamo.instance(), at(END)).await;
        let again: BTreeSet<String> = relayed.events.iter().map(|event| event.id().to_string()).collect();
        assert!(again.len() >= 5 && again.is_subset(&before), "{:?}", again.difference(&before));
    }
}
