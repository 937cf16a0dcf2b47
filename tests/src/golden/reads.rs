//! Reads every kind of item in the table of [`super::story`] through the ports of the code.

use std::collections::BTreeSet;

use couponflow_app::automation::ports::AutomationStore as _;
use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::coupons::ports::StatisticsQuery;
use couponflow_app::coupons::ports::{Code, CouponQuery};
use couponflow_app::delivery::ports::DeliveryStore as _;
use couponflow_app::events::ports::{EventQuery, EventStore as _};
use couponflow_app::kernel::page::PageRequest;
use couponflow_app::purchases::ports::{PurchaseStore as _, RedemptionQuery};
use couponflow_app::tenants::idempotency::{ClaimOutcome, Seed};
use couponflow_app::tenants::ports::{AccessStore as _, Keys as _, TenantStores as _};
use couponflow_app::timers::ports::TimerStore as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::automation::filter::Subject;
use couponflow_domain::contacts::audience::Audience;
use couponflow_domain::contacts::contact::contact_id;
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::events::event::Event;
use couponflow_domain::kernel::counters::LimitEpoch;
use couponflow_domain::kernel::digest::{bits80, sha256_hex};
use couponflow_domain::kernel::ids::JobId;
use couponflow_domain::kernel::input;
use couponflow_domain::kernel::label::Label;
use couponflow_domain::purchases::customer::Customer;
use couponflow_domain::tenants::api_key::SecretHash;
use couponflow_http::view;
use serde_json::{Map, Value, json};

use super::story::{END, SECRET, erased, request, suppressed};
use crate::due::timers;
use crate::fixtures::{at, tenant};
use crate::table::Dynamo;

/// The coupon codes of the story.
const CODES: [&str; 7] = ["FLASH20", "BACKUP", "OPEN10", "VIP50", "VIPONE", "VIPTWO", "VIPSIX"];

/// Reads everything that the table holds.
pub async fn all(dynamo: &Dynamo, events: &[Event]) -> Map<String, Value> {
    let table = dynamo.instance();
    let store = table.of(&tenant("demo"));
    let mut reads = Map::new();
    let mut put =
        |name: &str, value: Value| assert!(reads.insert(name.to_owned(), value).is_none(), "{name} is read twice");
    put("coupons", coupons(&store).await);
    put("codes", codes(&store).await);
    put("redemptions", redemptions(&store).await);
    put("applications", applications(&store, events).await);
    put("contacts", contacts(&store).await);
    put("audiences", audiences(&store).await);
    put("workflows", workflows(&store).await);
    put("executions", executions(&store).await);
    put("events", event_log(&store, events).await);
    put("statistics", statistics(&store).await);
    put("published", published(&store, events).await);
    put("thresholds", thresholds(&store, events).await);
    put("jobs", jobs(&store).await);
    let key = table.key(&SecretHash::new(sha256_hex(SECRET))).await.expect("read").expect("a key");
    put("key", json!({"id": key.id, "tenant_id": key.tenant_id, "scope": key.scope}));
    put("sender", json!(store.profile().await.expect("read").settings.sender));
    let secrets = store.signing_secrets(at(1)).await.expect("read");
    put("signing_secrets", secrets.iter().map(|secret| json!(view::NewWebhookSecret::from(secret))).collect());
    let suppression = store.suppressions(&[suppressed()]).await.expect("read").remove(0).expect("a suppression");
    put("suppression", json!(view::Suppression::new(suppressed(), &suppression)));
    let erased = input::read(&json!({"email": erased().as_str()}), Customer::read).expect("a customer");
    let seen = store.upsert_contact(&erased, at(-1), [1; 10]).await.expect("read");
    put("an event of before the erasure finds a contact", json!(seen.is_some()));
    put("idempotency", idempotency(&store).await);
    put("timers", json!(timers(dynamo).await));
    put("scan", json!(table.scan_progress(0).await.expect("read").is_some()));
    reads.into_iter().collect()
}

async fn every_coupon(store: &TenantStore) -> Vec<Coupon> {
    let mut coupons = Vec::new();
    for is_generated in [false, true] {
        let query = CouponQuery { is_generated, status: None };
        coupons.extend(store.coupons(query, &page(), at(END)).await.expect("read").data);
    }
    coupons.sort_by(|a, b| b.id.cmp(&a.id));
    coupons
}

fn page() -> PageRequest {
    PageRequest { limit: 100, cursor: None }
}

async fn coupons(store: &TenantStore) -> Value {
    every_coupon(store).await.iter().map(|coupon| json!(view::Coupon::new(coupon, at(END)))).collect()
}

async fn codes(store: &TenantStore) -> Value {
    let mut read = Map::new();
    for code in CODES {
        let found = store.code(&CouponCode::parse(code).expect("a code")).await.expect("read").expect("a known code");
        let value = match found {
            Code::Shared(id) => json!(id),
            Code::Unique(code) => json!(view::UniqueCode::from(&*code)),
        };
        read.insert(code.to_owned(), value);
    }
    for coupon in every_coupon(store).await {
        let listed = store.unique_codes(&coupon.id, None, &page()).await.expect("read").data;
        read.insert(
            format!("of {}", coupon.id),
            listed.iter().map(|code| json!(view::UniqueCode::from(code))).collect(),
        );
    }
    read.into()
}

async fn redemptions(store: &TenantStore) -> Value {
    let listed = store.redemptions(&RedemptionQuery::default(), &page()).await.expect("read").data;
    let mut read = Vec::new();
    for redemption in &listed {
        let customer = redemption.customer.as_ref().expect("every order of the story has a customer");
        let used = store.redeemed_by(&redemption.coupon_id, customer).await.expect("read");
        read.push(json!([view::RedemptionRecord::from(redemption), used]));
    }
    read.into()
}

async fn applications(store: &TenantStore, events: &[Event]) -> Value {
    let mut read = Map::new();
    for application in events.iter().filter_map(|event| event.data.application.as_ref()) {
        let found = store.application(&application.id).await.expect("read");
        read.insert(
            application.id.to_string(),
            found.as_ref().map_or(Value::Null, |found| json!(view::Application::from(found))),
        );
    }
    read.into()
}

async fn contacts(store: &TenantStore) -> Value {
    store
        .contacts(&page())
        .await
        .expect("read")
        .data
        .iter()
        .map(|contact| json!(view::Contact::from(contact)))
        .collect()
}

fn label(name: &str) -> Label {
    Label::parse(name).expect("a valid label")
}

async fn audiences(store: &TenantStore) -> Value {
    let mut audiences =
        vec![("tag", Audience::Tag { tag: label("VIP") }), ("list", Audience::List { list: label("retargeting") })];
    let Some(Code::Shared(flash)) = store.code(&CouponCode::parse("FLASH20").expect("a code")).await.expect("read")
    else {
        panic!("FLASH20 is a shared code")
    };
    audiences.push(("applied", Audience::AppliedNotRedeemed { coupon_id: Some(flash.clone()) }));
    audiences.push(("redeemed", Audience::Redeemed { coupon_id: Some(flash) }));
    let mut read = Map::new();
    for (name, audience) in audiences {
        read.insert(name.to_owned(), json!(store.audience(&audience, None, 100).await.expect("read").data));
    }
    read.into()
}

async fn workflows(store: &TenantStore) -> Value {
    let mut read = Vec::new();
    for workflow in store.workflows(&page()).await.expect("read").data {
        let versions = store.workflow_versions(&workflow.id, &page()).await.expect("read").data;
        let versions: Vec<Value> = versions.iter().map(|version| json!(view::WorkflowVersion::from(version))).collect();
        read.push(json!({"workflow": view::Workflow::listed(&workflow), "versions": versions}));
    }
    read.into()
}

async fn executions(store: &TenantStore) -> Value {
    let executions = store.executions(&Default::default(), &page()).await.expect("read").data;
    let mut read = Vec::new();
    for execution in executions {
        let mut effects = Vec::new();
        for step in &execution.steps {
            effects.push(store.was_edited_for(&format!("{}_{}", execution.id, step.id)).await.expect("read"));
        }
        let entered = match &execution.contact {
            Some(contact) => store.entered(&execution.workflow_id, contact).await.expect("read"),
            None => None,
        };
        read.push(json!({"execution": view::Execution::from(&execution), "edited": effects, "entered": entered}));
    }
    read.into()
}

async fn event_log(store: &TenantStore, events: &[Event]) -> Value {
    let mut read = Map::new();
    for coupon in every_coupon(store).await {
        let query = EventQuery { coupon_id: Some(coupon.id.clone()), ..EventQuery::default() };
        let (mut data, mut request) = (Vec::new(), page());
        loop {
            let page = store.events(&query, &request, at(END)).await.expect("read");
            data.extend(page.data);
            request.cursor = page.next_cursor;
            if request.cursor.is_none() {
                break;
            }
        }
        read.insert(coupon.id.to_string(), data.into());
    }
    for customer in events.iter().filter_map(|event| event.data.customer.as_ref()) {
        let contact = contact_id(customer, at(0));
        let of_contact = store.events_of(Some(&contact), &BTreeSet::new(), at(0)).await.expect("read");
        read.insert(contact.to_string(), json!(of_contact.iter().map(Event::id).collect::<Vec<_>>()));
    }
    read.into()
}

async fn statistics(store: &TenantStore) -> Value {
    let (from, to) = (at(0).date_naive(), at(END).date_naive());
    let mut read = Map::new();
    let coupons = every_coupon(store).await.into_iter().map(|coupon| Some(coupon.id));
    for coupon_id in coupons.chain([None]) {
        let name = coupon_id.as_ref().map_or("none".to_owned(), ToString::to_string);
        let (total, days) = store.statistics(&StatisticsQuery { coupon_id, from, to }).await.expect("read");
        let days = days.into_iter().filter(|(_, day)| *day != Default::default());
        let days: Map<String, Value> = days.map(|(date, day)| (date.to_string(), day.view())).collect();
        read.insert(name, json!({"total": total.view(), "days": days}));
    }
    read.into()
}

async fn published(store: &TenantStore, events: &[Event]) -> Value {
    let mut read = Map::new();
    for event in events {
        let matching = store.matching(Subject { event, tags: None }).await.expect("read");
        let matching = matching.iter().map(|published| json!([published.id, published.version])).collect();
        read.insert(event.id().to_string(), matching);
    }
    read.into()
}

/// Lists for each threshold whether another event can still claim it.
async fn thresholds(store: &TenantStore, events: &[Event]) -> Value {
    let mut read = Vec::new();
    for event in events.iter().filter(|event| event.data.threshold.is_some()) {
        let coupon = store.coupon(&event.data.coupon.id).await.expect("read").expect("a coupon");
        let other = events.first().expect("an event");
        for threshold in &coupon.terms.thresholds {
            read.push(store.claim_threshold(*threshold, LimitEpoch::FIRST, other).await.expect("read"));
        }
    }
    json!(read)
}

async fn jobs(store: &TenantStore) -> Value {
    let mut read = Vec::new();
    for name in ["first", "second"] {
        let job = store.job(&JobId::new(at(0), bits80(&[name]))).await.expect("read").expect("a job");
        let listed = store.job_codes(&job.id, 0).await.expect("read");
        let listed: Vec<Value> = listed.iter().map(|listed| json!([listed.line, listed.code])).collect();
        read.push(json!({"job": view::Job::from(&job), "list": listed}));
    }
    read.into()
}

async fn idempotency(store: &TenantStore) -> Value {
    match store.claim_request(&request(), Seed { at: at(5), bits: [5; 10] }).await.expect("read") {
        ClaimOutcome::Answered(answer) => json!(answer),
        other => json!(format!("{other:?}")),
    }
}
