//! The audit log: every change by a key or an operator has an entry, in the transaction of the change.

use api::Api;
use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::kernel::page::PageRequest;
use couponflow_app::tenants::ports::{AccessStore as _, KeyScope, Keys as _, TenantStores as _};
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::coupons::coupon::State;
use couponflow_domain::kernel::counters::Revision;
use couponflow_domain::tenants::audit::{Actor, AuditEntry, AuditQuery, Author};
use couponflow_tests::fixtures::{at, key, key_secret, stored_coupon, stored_tenant, tenant, tenant_secret};
use couponflow_tests::repository;
use couponflow_tests::table::Dynamo;
use serde_json::{Value, json};

async fn entries(store: &TenantStore, query: AuditQuery) -> Vec<AuditEntry> {
    let mut page = store.audit_entries(&query, &PageRequest { limit: 100, cursor: None }).await.unwrap();
    assert_eq!(page.next_cursor, None);
    page.data.reverse();
    page.data
}

/// An API with a tenant that has an admin key.
struct Client {
    dynamo: Dynamo,
    api: Api,
}

impl Client {
    async fn start() -> Self {
        let dynamo = Dynamo::start().await;
        let keys = [(key("demo", KeyScope::Admin), key_secret(KeyScope::Admin).hash())];
        dynamo.instance().create_tenant(&tenant("demo"), &tenant_secret(), &keys, at(0)).await.unwrap();
        let api = Api::new(dynamo.instance());
        Self { dynamo, api }
    }

    async fn send(&self, method: &str, path: &str, body: Value) -> Value {
        let mut event = repository::json("events/samples/create-coupon.json");
        event["requestContext"]["http"]["method"] = json!(method);
        event["rawPath"] = json!(path);
        event["body"] = json!(body.to_string());
        event["headers"]["authorization"] = json!(format!("Bearer {}", key_secret(KeyScope::Admin).reveal()));
        event["headers"]["if-match"] = json!("*");
        let answer = self.api.handle(event).await.unwrap();
        assert!(answer["statusCode"].as_i64().unwrap() < 300, "{method} {path}: {answer}");
        serde_json::from_str(answer["body"].as_str().unwrap_or("null")).unwrap()
    }

    fn store(&self) -> TenantStore {
        self.dynamo.instance().of(&tenant("demo"))
    }
}

#[tokio::test]
async fn every_change_by_a_key_or_an_operator_has_an_entry_with_target_and_versions() {
    let client = Client::start().await;
    let coupon = client
        .send(
            "POST",
            "/v1/coupons",
            json!({"code": "AUDITED", "name": "Audited",
        "discount": {"type": "percentage", "percent_off": 20}}),
        )
        .await;
    let id = coupon["id"].as_str().unwrap();
    client.send("PATCH", &format!("/v1/coupons/{id}"), json!({"name": "Renamed"})).await;
    client.send("POST", &format!("/v1/coupons/{id}/pause"), json!({})).await;
    client.send("DELETE", &format!("/v1/coupons/{id}"), json!({})).await;
    let workflow = json!({"name": "Tag", "trigger": {"type": "coupon_redeemed"},
        "steps": [{"id": "tag", "type": "add_tag", "tag": "Member"}]});
    let workflow = client.send("POST", "/v1/workflows", workflow).await;
    let workflow_id = workflow["id"].as_str().unwrap();
    client.send("POST", &format!("/v1/workflows/{workflow_id}/publish"), json!({})).await;
    let contact = client.send("POST", "/v1/contacts", json!({"email": "ana@example.com"})).await;
    let new_key = client.send("POST", "/v1/keys", json!({"scope": "server", "name": "Checkout"})).await;
    client.send("DELETE", &format!("/v1/keys/{}", new_key["id"].as_str().unwrap()), json!({})).await;
    client.send("POST", "/v1/webhook-secrets", json!({})).await;
    client.send("GET", "/v1/coupons", json!({})).await;
    let command = json!({"configure_tenant": {"tenant_id": "demo", "sender": null}});
    client.api.handle(command).await.unwrap();

    let store = client.store();
    let found = entries(&store, AuditQuery::default()).await;
    let version = |revision: Option<Revision>| revision.map(Revision::get);
    let shown: Vec<_> = found
        .iter()
        .map(|entry| (entry.operation.as_str(), version(entry.change.before), version(entry.change.after)))
        .collect();
    assert_eq!(
        shown,
        [
            ("create_tenant", None, None),
            ("CreateCoupon", None, Some(1)),
            ("EditCoupon", Some(1), Some(2)),
            ("PauseCoupon", Some(2), Some(3)),
            ("DeleteCoupon", Some(3), Some(4)),
            ("CreateWorkflow", None, Some(1)),
            ("PublishWorkflow", Some(1), Some(2)),
            ("CreateContact", None, Some(1)),
            ("CreateKey", None, None),
            ("RevokeKey", None, None),
            ("CreateWebhookSecret", Some(0), Some(1)),
            ("configure_tenant", None, None),
        ]
    );
    let by = |entry: &AuditEntry| entry.actor.clone();
    let admin = Actor::Key(key("demo", KeyScope::Admin).id);
    assert_eq!([by(&found[0]), by(&found[1]), by(&found[11])], [Actor::Operator, admin.clone(), Actor::Operator]);
    let of_coupon = entries(&store, AuditQuery { target: Some(id.to_owned()), actor: None }).await;
    assert_eq!(of_coupon, found[1..5]);
    let by_key = entries(&store, AuditQuery { target: None, actor: Some(admin.clone()) }).await;
    assert_eq!(by_key, found[1..11]);
    assert!(!found.iter().any(|entry| format!("{entry:?}").contains("ana@")), "{found:?}");
    assert_eq!(found[7].change.target, contact["id"].as_str().unwrap());

    let versions = client.send("GET", &format!("/v1/workflows/{workflow_id}/versions"), json!({})).await;
    assert_eq!(versions["data"][0]["created_by"], json!(admin.to_string()));
    let listed = client.send("GET", "/v1/audit", json!({})).await;
    assert_eq!(listed["data"][0]["operation"], json!("configure_tenant"));
    assert_eq!(listed["data"][0]["key_id"], Value::Null);
}

/// A change is stored if and only if its entry is, whenever the function dies.
#[tokio::test]
async fn an_entry_is_stored_together_with_its_change() {
    let (mut unchanged, mut changed) = (0, 0);
    for calls in 0..3 {
        let dynamo = Dynamo::start().await;
        let store = stored_tenant(&dynamo.instance(), "demo").await;
        let coupon = stored_coupon(&store, "AUDITED", json!({})).await;
        let author = Author {
            actor: Actor::Key(key("demo", KeyScope::Admin).id),
            operation: "PauseCoupon",
            request_id: None,
            at: at(1),
            bits: [1; 10],
        };
        let dying = dynamo.dying_instance(calls).of(&tenant("demo")).audited(author);
        let _died = dying.set_state(&coupon, State::Paused, at(1)).await;
        let is_paused = store.coupon(&coupon.id).await.unwrap().unwrap().state == State::Paused;
        let query = AuditQuery { target: Some(coupon.id.to_string()), actor: None };
        assert_eq!(entries(&store, query).await.len(), usize::from(is_paused), "died after {calls} calls");
        *(if is_paused { &mut changed } else { &mut unchanged }) += 1;
        let conflict = store.set_state(&coupon, State::Active, at(2)).await.unwrap();
        assert_eq!(conflict, !is_paused, "an outdated version changes nothing");
    }
    assert!(unchanged > 0 && changed > 0, "{unchanged} unchanged, {changed} changed");
}
