//! API keys: their validity, rotation and revocation, and the record of their use.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::TimeDelta;
use couponflow_app::kernel::page::PageRequest;
use couponflow_app::tenants::keys;
use couponflow_app::tenants::keys::{KeyOutcome, RevokeOutcome};
use couponflow_app::tenants::ports::{AccessStore as _, KeyScope, Keys as _, TenantStores as _};
use couponflow_aws::dynamo::{Table, TenantStore};
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::kernel::ids::KeyId;
use couponflow_domain::tenants::api_key::{Key, KeySecret, NewKey, RevokeRejection};
use couponflow_http::auth::{KeyCache, authenticate};
use couponflow_http::{Operation, Request};
use couponflow_tests::fixtures::{at, stored_tenant, tenant, tenant_secret};
use couponflow_tests::repository;
use couponflow_tests::table::Dynamo;
use futures_util::future::join_all;
use serde_json::{Value, json};

const DAY: i64 = 86_400_000;

fn new_key(name: &str, scope: KeyScope) -> (Key, KeySecret) {
    let secret = KeySecret::new(scope, [bits80(&[name]), [2; 10], [3; 10]]);
    let request = NewKey { scope, name: name.to_owned(), expires_at: None };
    (request.key(tenant("demo"), KeyId::new(at(0), bits80(&[name])), &secret, at(0)), secret)
}

async fn created(store: &TenantStore, name: &str, scope: KeyScope) -> (Key, KeySecret) {
    let (key, secret) = new_key(name, scope);
    let outcome = keys::create(store, &key, &secret, at(0)).await.unwrap();
    assert!(matches!(outcome, KeyOutcome::Created(..)), "{outcome:?}");
    (key, secret)
}

fn place(pk: &str, sk: &str) -> HashMap<String, AttributeValue> {
    [("pk", pk), ("sk", sk)].map(|(name, value)| (name.to_owned(), AttributeValue::S(value.to_owned()))).into()
}

/// Sends a request with the secret. Returns the code of the problem, or null.
async fn code(table: &Table, cache: &KeyCache, secret: &str, now_ms: i64) -> Value {
    let mut gateway = repository::json("events/samples/redeem.json");
    gateway["headers"]["authorization"] = json!(format!("Bearer {secret}"));
    let request = Request::new(serde_json::from_value(gateway).unwrap());
    let caller = authenticate(table, cache, &request, Operation::Redeem, at(now_ms)).await;
    caller.map_or_else(|problem| problem.answer().body["code"].clone(), |_| Value::Null)
}

async fn listed(store: &TenantStore) -> Vec<Key> {
    store.api_keys(&PageRequest { limit: 100, cursor: None }).await.unwrap().data
}

#[tokio::test]
async fn a_revoked_key_is_rejected_within_thirty_seconds() {
    let dynamo = Dynamo::start().await;
    let (table, cache) = (dynamo.instance(), KeyCache::default());
    let store = stored_tenant(&table, "demo").await;
    let (key, secret) = created(&store, "checkout", KeyScope::Server).await;
    assert_eq!(code(&table, &cache, secret.reveal(), 0).await, Value::Null);
    assert_eq!(keys::revoke(&store, &key.id, true, at(1)).await.unwrap(), RevokeOutcome::Revoked);
    assert_eq!(code(&table, &cache, secret.reveal(), 30_000).await, json!("invalid_key"));
    assert_eq!(code(&table, &KeyCache::default(), secret.reveal(), 2).await, json!("invalid_key"));
    assert_eq!(keys::revoke(&store, &key.id, true, at(5)).await.unwrap(), RevokeOutcome::Revoked, "a no-op");
    assert_eq!(listed(&store).await[0].revoked_at, Some(at(1)));
    let unknown = keys::revoke(&store, &KeyId::new(at(9), [9; 10]), true, at(5)).await.unwrap();
    assert_eq!(unknown, RevokeOutcome::Rejected(RevokeRejection::UnknownKey));
}

#[tokio::test]
async fn of_two_admin_keys_that_are_revoked_at_the_same_time_one_remains() {
    let dynamo = Dynamo::start().await;
    let store = stored_tenant(&dynamo.instance(), "demo").await;
    let (first, _) = created(&store, "first", KeyScope::Admin).await;
    let (second, _) = created(&store, "second", KeyScope::Admin).await;
    let stores = [dynamo.instance().of(&tenant("demo")), dynamo.instance().of(&tenant("demo"))];
    let revoked =
        join_all(stores.iter().zip([&first, &second]).map(|(store, key)| keys::revoke(store, &key.id, true, at(1))));
    let revoked: Vec<RevokeOutcome> = revoked.await.into_iter().map(Result::unwrap).collect();
    let kept = RevokeOutcome::Rejected(RevokeRejection::LastAdminKey);
    assert!(revoked.contains(&RevokeOutcome::Revoked) && revoked.contains(&kept), "{revoked:?}");
    let left = listed(&store).await.into_iter().find(|key| key.is_valid(at(2))).unwrap();
    assert_eq!(keys::revoke(&store, &left.id, false, at(2)).await.unwrap(), RevokeOutcome::Revoked, "by an operator");
}

#[tokio::test]
async fn a_rotated_key_works_until_the_overlap_ends_and_its_successor_from_the_start() {
    let dynamo = Dynamo::start().await;
    let (table, cache) = (dynamo.instance(), KeyCache::default());
    let store = stored_tenant(&table, "demo").await;
    let (old, old_secret) = created(&store, "checkout", KeyScope::Server).await;
    let rotate = async |now_ms| {
        let new = (KeyId::new(at(1), [7; 10]), [[8; 10]; 3]);
        keys::rotate(&store, &old.id, new, TimeDelta::seconds(10), at(now_ms)).await.unwrap()
    };
    let KeyOutcome::Created(new, secret) = rotate(1000).await else { panic!("not rotated") };
    assert_eq!((new.name.as_deref(), new.scope, new.expires_at), (Some("checkout"), KeyScope::Server, None));
    for (secret, now_ms, expected) in [
        (secret.reveal(), 1000, Value::Null),
        (old_secret.reveal(), 10_999, Value::Null),
        (old_secret.reveal(), 11_000, json!("invalid_key")),
    ] {
        assert_eq!(code(&table, &cache, secret, now_ms).await, expected, "at {now_ms}");
    }
    assert_eq!(rotate(1500).await, KeyOutcome::Existing(listed(&store).await[0].clone()), "a repeated request");
    let expired =
        keys::rotate(&store, &old.id, (KeyId::new(at(2), [6; 10]), [[6; 10]; 3]), TimeDelta::zero(), at(11_000));
    assert_eq!(expired.await.unwrap(), KeyOutcome::Unknown);
}

#[tokio::test]
async fn a_tenant_has_at_most_fifty_valid_keys() {
    let dynamo = Dynamo::start().await;
    let store = stored_tenant(&dynamo.instance(), "demo").await;
    for n in 0..50 {
        created(&store, &n.to_string(), KeyScope::Server).await;
    }
    let (key, secret) = new_key("one too many", KeyScope::Server);
    assert_eq!(keys::create(&store, &key, &secret, at(0)).await.unwrap(), KeyOutcome::TooMany);
    let last = listed(&store).await.remove(0);
    keys::revoke(&store, &last.id, true, at(0)).await.unwrap();
    assert!(matches!(keys::create(&store, &key, &secret, at(1)).await.unwrap(), KeyOutcome::Created(..)));
}

#[tokio::test]
async fn the_use_of_a_key_is_recorded_once_a_day_and_lists_keys_of_earlier_versions() {
    let dynamo = Dynamo::start().await;
    let table = dynamo.instance();
    let (key, _) = new_key("earlier", KeyScope::Server);
    let id = key.id.clone();
    let earlier = format!("cf_server_{}", "0a".repeat(20));
    let secret = KeySecret::parse(&earlier).unwrap();
    table.create_tenant(&tenant("demo"), &tenant_secret(), &[(key, secret.hash())], at(0)).await.unwrap();
    // Earlier versions stored neither the entry in the list nor the last characters of the secret.
    let delete = dynamo.client.delete_item().table_name("couponflow");
    delete.set_key(Some(place(&format!("t#demo#api_key#{id}"), "entry"))).send().await.unwrap();
    let update = dynamo.client.update_item().table_name("couponflow").update_expression("REMOVE last_four");
    update.set_key(Some(place(&format!("key#{}", secret.hash()), "key"))).send().await.unwrap();
    let store = table.of(&tenant("demo"));
    assert_eq!(listed(&store).await, []);

    let cache = KeyCache::default();
    let mut costs = Vec::new();
    for now_ms in [0, 1, 30_000, DAY - 1, DAY, DAY + 1, DAY + 30_000] {
        let calls = dynamo.calls();
        assert_eq!(code(&table, &cache, &earlier, now_ms).await, Value::Null);
        costs.push(dynamo.calls() - calls);
    }
    // Each refresh, after 30 s, reads key and profile. The first refresh on a day also records the use.
    assert_eq!(costs, [3, 0, 2, 2, 0, 0, 3]);
    let recorded = listed(&store).await.remove(0);
    assert_eq!(recorded.last_used_on, Some(at(DAY).date_naive()));
    assert_eq!(recorded.last_four.as_deref(), Some("0a0a"));
}

#[tokio::test]
async fn a_guess_without_a_valid_checksum_costs_no_call() {
    let dynamo = Dynamo::start().await;
    let (table, cache) = (dynamo.instance(), KeyCache::default());
    let (_, secret) = new_key("checkout", KeyScope::Server);
    let guess = format!("{}0", &secret.reveal()[..secret.reveal().len() - 1]);
    let calls = dynamo.calls();
    for guess in ["", "secret", &guess] {
        assert_eq!(code(&table, &cache, guess, 0).await, json!("invalid_key"));
    }
    assert_eq!(dynamo.calls(), calls);
    assert_eq!(code(&table, &cache, secret.reveal(), 0).await, json!("invalid_key"));
    assert_eq!(dynamo.calls(), calls + 1, "a well-formed secret is looked up");
}

/// A failed record of the use does not fail the request.
#[tokio::test]
async fn a_request_succeeds_even_if_its_use_cannot_be_recorded() {
    let dynamo = Dynamo::start().await;
    let store = stored_tenant(&dynamo.instance(), "demo").await;
    let (_, secret) = created(&store, "checkout", KeyScope::Server).await;
    // The instance sends the reads of key and profile, and dies at the third call.
    let dying = dynamo.dying_instance(2);
    assert_eq!(code(&dying, &KeyCache::default(), secret.reveal(), 0).await, Value::Null);
    assert_eq!(listed(&store).await[0].last_used_on, None);
}
