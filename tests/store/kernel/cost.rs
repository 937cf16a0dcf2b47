//! What the most frequent operations cost: calls and capacity units of the table. Requests on a warm
//! instance, with small items.

use std::sync::Arc;

use couponflow_app::automation::ports::{AutomationStore as _, Workflow};
use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::coupons::cache::CouponCache;
use couponflow_app::coupons::ports::CouponStore as _;
use couponflow_app::kernel::page::PageRequest;
use couponflow_app::purchases::ports::{PurchaseStore as _, RedemptionQuery};
use couponflow_app::purchases::redeem::{Redeemed, redeem};
use couponflow_app::purchases::roll_back::roll_back;
use couponflow_app::tenants::ports::{AccessStore as _, TenantStores as _};
use couponflow_app::timers::ports::TimerStore as _;
use couponflow_aws::dynamo::{Table, TenantStore};
use couponflow_domain::automation::execution::NextAction;
use couponflow_domain::automation::plan::entry;
use couponflow_domain::automation::workflow::{Definition, PublishedWorkflow};
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::coupon::RollbackReason;
use couponflow_domain::coupons::job::{Job, JobKind};
use couponflow_domain::events::event::{CouponSnapshot, Event};
use couponflow_domain::kernel::correlation_id::CorrelationId;
use couponflow_domain::kernel::counters::WorkflowVersion;
use couponflow_domain::kernel::ids::{ExecutionId, JobId, WorkflowId};
use couponflow_domain::kernel::input;
use couponflow_domain::purchases::customer::{Customer, Email};
use couponflow_domain::purchases::{Checkout, Codes, RedeemRequest, Redemption};
use couponflow_domain::timers::timer::{Purpose, Timer};
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::{apply_single, at, checkout, stored_contact, stored_coupon};
use couponflow_tests::meter::{Cost, Meter};
use couponflow_tests::relayed::Stream;
use couponflow_tests::table::Dynamo;
use serde_json::json;

/// A metered instance of one tenant.
struct Metered {
    dynamo: Dynamo,
    table: Table,
    store: TenantStore,
    meter: Meter,
    cache: CouponCache,
}

impl Metered {
    async fn start() -> Self {
        let dynamo = Dynamo::start().await;
        let (table, meter) = dynamo.metered_instance();
        let store = table.of(&fixtures::tenant("demo"));
        // A warm instance has the profile of the tenant in its cache.
        store.profile().await.unwrap();
        meter.take();
        Self { dynamo, table, store, meter, cache: CouponCache::default() }
    }

    async fn redeem(&self, code: &str, order: &str) -> Redemption {
        let request = RedeemRequest::Checkout(checkout(code, order, "ana@example.com"));
        let tenant = fixtures::tenant("demo");
        match redeem(&self.store, &self.cache, &tenant, request, at(1), &CorrelationId::new(order)).await.unwrap() {
            Redeemed::Redemptions(redemptions) => redemptions.into_vec().remove(0),
            other => panic!("{other:?}"),
        }
    }

    /// The cost of a redeem request after another request has filled the cache.
    async fn cost_of_warm_redeem(&self, code: &str) -> Cost {
        self.redeem(code, "ord_1").await;
        self.meter.take();
        self.redeem(code, "ord_2").await;
        self.meter.take()
    }
}

/// Calls, write units and read units.
fn cost(calls: usize, write_units: f64, read_units: f64) -> Cost {
    Cost { calls, write_units, read_units }
}

#[tokio::test]
async fn cost_of_coupon_requests() {
    let shop = Metered::start().await;
    let limited = fixtures::coupon("LIMITED", json!({"max_redemptions": 100}));
    shop.store.create_coupon(&limited).await.unwrap();
    let created = shop.meter.take();
    apply_single(&shop.store, &checkout("LIMITED", "ord_0", "ana@example.com"), at(1)).await.unwrap();
    let applied = shop.meter.take();
    let redeemed = shop.cost_of_warm_redeem("LIMITED").await;
    let again = shop.redeem("LIMITED", "ord_3").await;
    shop.meter.take();
    roll_back(&shop.store, &again.id, RollbackReason::Refunded, at(2), &CorrelationId::new("request"))
        .await
        .unwrap()
        .unwrap();
    let rolled_back = shop.meter.take();

    let per_customer = json!({"max_redemptions": 100, "max_redemptions_per_customer": 5});
    stored_coupon(&shop.store, "PERCUSTOMER", per_customer).await;
    let redeemed_per_customer = shop.cost_of_warm_redeem("PERCUSTOMER").await;

    let batch = stored_coupon(&shop.store, "BATCH", json!({"code_type": "unique"})).await;
    let job = Job::new(JobId::new(at(0), [1; 10]), batch.id, JobKind::ImportCodes, 2, at(0));
    shop.meter.take();
    for (place, code) in ["UNIQUE1", "UNIQUE2"].into_iter().enumerate() {
        assert!(shop.store.issue_code(&CouponCode::parse(code).unwrap(), &job, place as i64, at(0)).await.unwrap());
    }
    let issued = shop.meter.take();
    shop.redeem("UNIQUE1", "ord_1").await;
    shop.meter.take();
    shop.redeem("UNIQUE2", "ord_2").await;
    let redeemed_unique = shop.meter.take();

    assert_eq!(created, cost(1, 7.0, 0.0));
    assert_eq!(applied, cost(3, 2.0, 2.0), "one unit for the application, and one for its entry in the index");
    assert_eq!(redeemed, cost(1, 4.0, 0.0));
    assert_eq!(rolled_back, cost(4, 6.0, 3.0));
    assert_eq!(redeemed_per_customer, cost(1, 6.0, 0.0));
    assert_eq!(issued, cost(2, 4.0, 0.0), "one unit for the code, and one for its entry in the index");
    assert_eq!(redeemed_unique, cost(2, 1.0, 1.0));
}

#[tokio::test]
async fn cost_of_workflow_steps_and_timers() {
    let shop = Metered::start().await;
    let steps = json!([{"id": "tag", "type": "add_tag", "tag": "t"}]);
    let document = json!({"name": "w", "trigger": {"type": "coupon_expired"}, "steps": steps});
    let definition = Definition::read_saved(&document).unwrap();
    let workflow =
        PublishedWorkflow { id: WorkflowId::new(at(0), [1; 10]), version: WorkflowVersion::FIRST, definition };
    let coupon = CouponSnapshot::from(&fixtures::coupon("CODE1", json!({})));
    let event = Event::coupon_expired(&fixtures::tenant("demo"), coupon, at(1));
    let first = entry(&event, None, &workflow, &[], at(2));
    let purpose = Purpose::ExecutionWake { execution_id: ExecutionId::new(at(0), [0; 10]) };
    let timer = Timer { tenant_id: fixtures::tenant("demo"), due_at: at(0), purpose };
    shop.store.begin(&first, &timer).await.unwrap();
    let begun = shop.meter.take();
    let NextAction::Perform(claim) = first.execution.next_action(&workflow.definition, [1; 10], at(5)) else {
        panic!()
    };
    assert!(shop.store.save(&claim, None).await.unwrap());
    let claimed = shop.meter.take();
    shop.table.set_timer(&timer).await.unwrap();
    let timer_set = shop.meter.take();
    assert_eq!(begun, cost(1, 5.0, 0.0));
    assert_eq!(claimed, cost(1, 2.0, 0.0), "one unit per KB");
    assert_eq!(timer_set, cost(1, 1.0, 0.0));
}

#[tokio::test]
async fn cost_of_a_page_of_redemptions() {
    let shop = Metered::start().await;
    stored_coupon(&shop.store, "CODE1", json!({})).await;
    for order in 0..20 {
        shop.redeem("CODE1", &format!("ord_{order}")).await;
    }
    Stream::of(&shop.dynamo).relay(&shop.table, at(0)).await;
    shop.meter.take();
    let page = PageRequest { limit: 20, cursor: None };
    let listed = shop.store.redemptions(&RedemptionQuery::default(), &page).await.unwrap();
    assert_eq!(listed.data.len(), 20);
    assert_eq!(shop.meter.take(), cost(2, 0.0, 20.5));
}

#[tokio::test]
async fn a_page_of_contacts_or_workflows_takes_two_calls() {
    let shop = Metered::start().await;
    for place in 0..12_u8 {
        stored_contact(&shop.store, json!({"email": format!("c{place}@example.com"), "tags": ["vip"]})).await;
        let document = json!({"name": "w", "trigger": {"type": "manual"}, "steps": []});
        let workflow = Workflow::draft(WorkflowId::new(at(0), [place; 10]), document, at(0));
        shop.store.create_workflow(&workflow).await.unwrap();
    }
    let page = PageRequest { limit: 10, cursor: None };
    shop.meter.take();
    let contacts = shop.store.contacts(&page).await.unwrap().data;
    assert_eq!((contacts.len(), shop.meter.take().calls), (10, 2));
    let workflows = shop.store.workflows(&page).await.unwrap().data;
    assert_eq!((workflows.len(), shop.meter.take().calls), (10, 2));
    let ids: Vec<_> = contacts.iter().rev().map(|contact| contact.id.clone()).collect();
    let twice: Vec<_> = ids.iter().chain(&ids).cloned().collect();
    let found = shop.store.contacts_with_ids(&twice).await.unwrap();
    assert_eq!(shop.meter.take().calls, 1);
    assert!(found.data.iter().map(|contact| &contact.id).eq(&twice), "in the order of the ids, which can repeat");
}

#[tokio::test]
async fn identities_of_a_customer_and_several_addresses_are_read_with_one_call() {
    let shop = Metered::start().await;
    let coupon = stored_coupon(&shop.store, "PERCUSTOMER", json!({"max_redemptions_per_customer": 5})).await;
    let customer = input::read(&json!({"id": "c_1", "email": "ana@example.com"}), Customer::read).unwrap();
    shop.meter.take();
    assert_eq!(shop.store.redeemed_by(&coupon.id, &customer).await.unwrap(), 0);
    assert_eq!(shop.meter.take().calls, 1);
    let addresses = ["ana@example.com", "bo@example.com", "cy@example.com"].map(|email| Email::parse(email).unwrap());
    assert_eq!(shop.store.suppressions(&addresses).await.unwrap(), [None, None, None]);
    assert_eq!(shop.meter.take().calls, 1);
}

#[tokio::test]
async fn a_redeem_request_makes_no_copy_of_its_order() {
    let shop = Metered::start().await;
    for code in ["ONE", "TWO"] {
        stored_coupon(&shop.store, code, json!({})).await;
    }
    let codes = ["ONE", "TWO"].map(|code| CouponCode::parse(code).unwrap());
    let checkout = Checkout { codes: Codes::Several(codes.to_vec()), ..checkout("ONE", "ord_1", "ana@example.com") };
    let (order, tenant) = (Arc::clone(&checkout.order), fixtures::tenant("demo"));
    let request = RedeemRequest::Checkout(checkout);
    let redeemed =
        redeem(&shop.store, &shop.cache, &tenant, request, at(1), &CorrelationId::new("request")).await.unwrap();
    let Redeemed::Redemptions(redemptions) = redeemed else { panic!("{redeemed:?}") };
    assert_eq!(redemptions.iter().count(), 2);
    assert!(redemptions.iter().all(|redemption| Arc::ptr_eq(&redemption.order, &order)));
}
