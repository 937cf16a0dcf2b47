//! Rate limits: buckets in the store, and requests of the functions beyond a limit.

use apply::Apply;
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use couponflow_app::tenants::ports::{AccessStore as _, Key, KeyScope, Keys as _, TenantStores as _};
use couponflow_app::tenants::rate_limiter::{Bucket, RateLimitBuckets as _};
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::kernel::ids::KeyId;
use couponflow_domain::kernel::input;
use couponflow_domain::tenants::api_key::KeySecret;
use couponflow_domain::tenants::rate_limit::{Charge, RateLimit, RateLimitKind};
use couponflow_domain::tenants::settings::SettingsChange;
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::{at, key_secret, purchase_body, stored_coupon, tenant, tenant_secret};
use couponflow_tests::repository;
use couponflow_tests::table::Dynamo;
use futures_util::future::join_all;
use serde_json::{Value, json};

fn bucket(caller: &str) -> Bucket {
    let limit = RateLimit { capacity: 300, per_minute: 300 };
    let (tenant_id, kind) = (tenant("demo"), RateLimitKind::StorefrontAddress);
    Bucket { tenant_id, kind, limit, caller: caller.to_owned() }
}

#[tokio::test]
async fn concurrent_charges_never_exceed_the_capacity() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&tenant("demo"));
    let charges = join_all((0..40).map(async |_| store.charge(&bucket("a"), 10, at(0)).await.unwrap())).await;
    let taken = charges.iter().filter(|charge| matches!(charge, Charge::Taken { .. })).count();
    assert_eq!(taken, 30);
    let retry_at = at(2_000);
    assert_eq!(store.charge(&bucket("a"), 10, at(1_999)).await.unwrap(), Charge::Limited { retry_at });
    assert!(matches!(store.charge(&bucket("a"), 10, retry_at).await.unwrap(), Charge::Taken { .. }));
    assert!(matches!(store.charge(&bucket("b"), 10, at(0)).await.unwrap(), Charge::Taken { .. }), "another caller");
}

#[tokio::test]
async fn charge_of_a_full_or_empty_bucket_is_one_call() {
    let dynamo = Dynamo::start().await;
    let (table, meter) = dynamo.metered_instance();
    let store = table.of(&tenant("demo"));
    let mut calls = Vec::new();
    for units in [300, 10, 300] {
        store.charge(&bucket("a"), units, at(0)).await.unwrap();
        calls.push(meter.take().calls);
    }
    store.charge(&bucket("a"), 150, at(60_000)).await.unwrap();
    meter.take();
    store.charge(&bucket("a"), 10, at(60_000)).await.unwrap();
    assert_eq!((calls, meter.take().calls), (vec![1, 1, 1], 2), "a bucket in between needs two calls");
}

/// A tenant whose storefront may guess three codes and then one per ten minutes.
struct Shop {
    dynamo: Dynamo,
}

impl Shop {
    async fn open() -> Self {
        let dynamo = Dynamo::start().await;
        let (table, id) = (dynamo.instance(), tenant("demo"));
        let key = |scope: KeyScope| {
            let key = Key { id: KeyId::new(at(0), bits80(&[scope.into_str()])), ..fixtures::key(id.as_str(), scope) };
            (key, key_secret(scope).hash())
        };
        let keys = [key(KeyScope::Storefront), key(KeyScope::Server)];
        table.create_tenant(&id, &tenant_secret(), &keys, at(0)).await.unwrap();
        let limits = json!({"rate_limits": {"storefront_address": {"capacity": 40, "per_minute": 1}}});
        assert!(table.of(&id).configure(&input::read(&limits, SettingsChange::read).unwrap()).await.unwrap());
        stored_coupon(&table.of(&id), "FLASH20", json!({})).await;
        Self { dynamo }
    }

    fn instance(&self) -> Apply {
        Apply::new(self.dynamo.instance())
    }
}

/// A request of apply in the format of the gateway.
fn request(key: KeyScope, address: &str, body: &Value) -> ApiGatewayV2httpRequest {
    let mut gateway = repository::json("events/samples/apply.json");
    gateway["headers"]["authorization"] = json!(format!("Bearer {}", key_secret(key).reveal()));
    gateway["requestContext"]["http"]["sourceIp"] = json!(address);
    gateway["body"] = json!(body.to_string());
    serde_json::from_value(gateway).unwrap()
}

fn guess(number: usize) -> Value {
    purchase_body(&format!("GUESS{number}"), &format!("ord_{number}"), &format!("c{number}@example.com"))
}

fn told(response: &ApiGatewayV2httpResponse, header: &str) -> String {
    response.headers.get(header).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

#[tokio::test]
async fn guessing_codes_gets_429_without_store_calls_and_does_not_stop_other_callers() {
    let shop = Shop::open().await;
    let (table, meter) = shop.dynamo.metered_instance();
    let apply = Apply::new(table);
    let storefront = async |apply: &Apply, number: usize, address: &str| {
        apply.handle(request(KeyScope::Storefront, address, &guess(number))).await
    };
    let mut statuses = Vec::new();
    for number in 0..4 {
        statuses.push(storefront(&apply, number, "203.0.113.9").await.status_code);
    }
    assert_eq!(statuses, [404, 404, 404, 429]);
    meter.take();
    let limited = storefront(&apply, 5, "203.0.113.77").await;
    assert_eq!((limited.status_code, meter.take().calls), (429, 0), "a neighbour of the address");
    let wait: i64 = told(&limited, "retry-after").parse().unwrap();
    assert!((1..=2401).contains(&wait), "{wait}");
    assert_eq!(told(&limited, "ratelimit"), format!("\"storefront_address\";r=0;t={wait}"));
    assert_eq!(told(&limited, "ratelimit-policy"), "\"storefront_address\";q=40;w=2400");

    let other = shop.instance();
    assert_eq!(storefront(&other, 6, "203.0.113.9").await.status_code, 429, "another instance learns it at once");
    assert_eq!(storefront(&other, 7, "198.51.100.9").await.status_code, 404, "another network");
    let server = apply.handle(request(KeyScope::Server, "203.0.113.9", &guess(8))).await;
    assert_eq!(server.status_code, 404, "the shop's server");
    let valid = purchase_body("FLASH20", "ord_9", "ana@example.com");
    let valid = apply.handle(request(KeyScope::Storefront, "198.51.100.9", &valid)).await;
    assert_eq!(valid.status_code, 200);
}

#[tokio::test]
async fn accepted_apply_requests_make_no_call_for_the_rate_limit() {
    let shop = Shop::open().await;
    let (table, meter) = shop.dynamo.metered_instance();
    let apply = Apply::new(table);
    let mut calls = Vec::new();
    for order in 0..9 {
        let body = purchase_body("FLASH20", &format!("ord_{order}"), "ana@example.com");
        let response = apply.handle(request(KeyScope::Storefront, "203.0.113.9", &body)).await;
        assert_eq!(response.status_code, 200);
        calls.push(meter.take().calls);
    }
    assert_eq!(calls[1..], [3; 8], "code, coupon and application");
}

#[tokio::test]
async fn attempts_with_unknown_codes_store_neither_customer_nor_order() {
    let shop = Shop::open().await;
    let response = shop.instance().handle(request(KeyScope::Storefront, "203.0.113.9", &guess(1))).await;
    assert_eq!(response.status_code, 404);
    let items = couponflow_tests::golden::dump(&shop.dynamo).await;
    assert!(items.iter().any(|item| item["kind"]["S"] == "REJECTION"), "the attempt is counted");
    for personal in ["c1@example.com", "ord_1", "203.0.113", "prod_1"] {
        let stored: Vec<_> = items.iter().filter(|item| item.to_string().contains(personal)).collect();
        assert!(stored.is_empty(), "{personal}: {stored:?}");
    }
}

#[tokio::test]
async fn unknown_keys_of_a_network_are_limited_and_known_keys_are_not() {
    let shop = Shop::open().await;
    let (table, meter) = shop.dynamo.metered_instance();
    let apply = Apply::new(table);
    let body = purchase_body("FLASH20", "ord_1", "ana@example.com");
    let known = request(KeyScope::Server, "203.0.113.9", &body);
    assert_eq!(apply.handle(known.clone()).await.status_code, 200);
    let unknown = |number: usize| {
        let mut unknown = known.clone();
        let secret = KeySecret::new(KeyScope::Server, [bits80(&[&number.to_string()]), [1; 10], [1; 10]]);
        unknown.headers.insert("authorization", format!("Bearer {}", secret.reveal()).parse().unwrap());
        unknown
    };
    // The bucket gains one unit per second, so more than its capacity can be needed on a slow machine.
    let mut seen = 0;
    while apply.handle(unknown(seen)).await.status_code == 401 {
        seen += 1;
        assert!(seen < 1_000, "unknown keys are not limited");
    }
    assert!(seen >= 20, "{seen}");
    assert_eq!(apply.handle(known.clone()).await.status_code, 200);
    assert!(meter.take().calls >= seen);
}

#[tokio::test]
async fn storefront_body_of_more_than_16_kib_is_rejected() {
    let shop = Shop::open().await;
    let mut body = purchase_body("FLASH20", "ord_1", "ana@example.com");
    body["source"] = json!("s");
    let line = body["order"]["lines"][0].clone();
    body["order"]["lines"] = json!(vec![line; 300]);
    assert!((16 * 1024 + 1..64 * 1024).contains(&body.to_string().len()));
    let apply = shop.instance();
    let (storefront, server) = (KeyScope::Storefront, KeyScope::Server);
    assert_eq!(apply.handle(request(storefront, "203.0.113.9", &body)).await.status_code, 413);
    assert_eq!(apply.handle(request(server, "203.0.113.9", &body)).await.status_code, 200);
}
