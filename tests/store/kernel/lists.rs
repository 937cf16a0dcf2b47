//! Lists with damaged items, and what a page of a long list costs.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use couponflow_app::automation::ports::{AutomationStore as _, ExecutionQuery, Workflow};
use couponflow_app::contacts::ports::ContactStore as _;
use couponflow_app::coupons::ports::{CouponQuery, CouponStore as _};
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_app::purchases::ports::{PurchaseStore as _, RedemptionQuery};
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_domain::automation::execution::ExecutionStatus;
use couponflow_domain::automation::plan::entry;
use couponflow_domain::automation::workflow::{Definition, PublishedWorkflow};
use couponflow_domain::coupons::code::CouponCode;
use couponflow_domain::coupons::job::{Job, JobKind};
use couponflow_domain::events::event::{CouponSnapshot, Event};
use couponflow_domain::kernel::counters::WorkflowVersion;
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::kernel::ids::{ExecutionId, JobId, WorkflowId};
use couponflow_domain::timers::timer::{Purpose, Timer};
use couponflow_tests::fixtures::{at, coupon, stored_contact, stored_coupon, tenant};
use couponflow_tests::harness::ExecutorHarness;
use couponflow_tests::meter::Cost;
use couponflow_tests::table::Dynamo;
use futures_util::stream::{self, StreamExt as _};
use serde_json::json;

use crate::coupon_harness::CouponHarness;

type Item = HashMap<String, AttributeValue>;

fn first(limit: usize) -> PageRequest {
    PageRequest { limit, cursor: None }
}

/// Damages one item of a kind that has the attribute: replaces the attribute by a value that is not valid for it.
async fn damage(dynamo: &Dynamo, kind: &str, attribute: &str) {
    let items = dynamo.client.scan().table_name("couponflow").into_paginator().items().send();
    let items = items.collect::<Result<Vec<_>, _>>().await.unwrap();
    let kind = AttributeValue::S(kind.to_owned());
    let is_of_kind = |item: &Item| item.get("kind") == Some(&kind) && item.contains_key(attribute);
    let item = items.into_iter().filter(is_of_kind).max_by_key(|item| format!("{:?}", item["pk"]));
    let item = item.unwrap_or_else(|| panic!("no item of kind {kind:?}"));
    let update = dynamo.client.update_item().table_name("couponflow").key("pk", item["pk"].clone());
    let update = update.key("sk", item["sk"].clone()).update_expression("SET #name = :bad");
    let update = update.expression_attribute_names("#name", attribute);
    update.expression_attribute_values(":bad", AttributeValue::Bool(true)).send().await.unwrap();
}

fn check<T>(list: &str, page: &Page<T>, readable: usize) {
    assert_eq!((page.data.len(), page.skipped), (readable, 1), "{list}");
}

#[tokio::test]
async fn one_damaged_item_is_left_out_of_its_list_and_counted() {
    let mut harness = CouponHarness::with(json!({})).await;
    let store = harness.store.clone();
    for code in ["SECOND", "THIRD"] {
        stored_coupon(&store, code, json!({})).await;
        stored_contact(&store, json!({"email": format!("{code}@example.com")})).await;
        let document = json!({"name": code, "trigger": {"type": "manual"}, "steps": []});
        let id = WorkflowId::new(at(0), bits80(&[code]));
        store.create_workflow(&Workflow::draft(id, document, at(0))).await.unwrap();
        harness.redeem(code, 5).await.unwrap();
    }
    harness.relay().await;
    let batch = stored_coupon(&store, "BATCH", json!({"code_type": "unique"})).await;
    let job = Job::new(JobId::new(at(0), [1; 10]), batch.id.clone(), JobKind::ImportCodes, 2, at(0));
    for (place, code) in ["UNIQUE1", "UNIQUE2"].into_iter().enumerate() {
        assert!(store.issue_code(&CouponCode::parse(code).unwrap(), &job, place as i64, at(0)).await.unwrap());
    }
    for (kind, attribute) in [
        ("TERMS", "terms"),
        ("CONTACT", "version"),
        ("WORKFLOW", "version"),
        ("REDEMPTION", "redemption"),
        ("CODE", "job_id"),
    ] {
        damage(&harness.dynamo, kind, attribute).await;
    }
    let coupons = CouponQuery { is_generated: false, status: None };
    check("coupons", &store.coupons(coupons, &first(10), at(10)).await.unwrap(), 3);
    check("contacts", &store.contacts(&first(10)).await.unwrap(), 1);
    check("workflows", &store.workflows(&first(10)).await.unwrap(), 1);
    check("redemptions", &store.redemptions(&RedemptionQuery::default(), &first(10)).await.unwrap(), 1);
    check("codes", &store.unique_codes(&batch.id, None, &first(10)).await.unwrap(), 1);
}

/// Starts an execution of the workflow for each place.
async fn executions(harness: &ExecutorHarness, workflow: &PublishedWorkflow, places: std::ops::Range<i64>) {
    let snapshot = CouponSnapshot::from(&coupon("CODE1", json!({})));
    stream::iter(places)
        .for_each_concurrent(8, async |place| {
            let event = Event::coupon_expired(&tenant("demo"), snapshot.clone(), at(place));
            let entry = entry(&event, None, workflow, &[], at(place));
            let purpose = Purpose::ExecutionWake { execution_id: ExecutionId::new(at(0), [0; 10]) };
            let timer = Timer { tenant_id: tenant("demo"), due_at: at(place), purpose };
            harness.store.begin(&entry, &timer).await.unwrap();
        })
        .await;
}

fn workflow(name: &str) -> PublishedWorkflow {
    let document = json!({"name": name, "trigger": {"type": "coupon_expired"}, "steps": [{"id": "tag", "type": "add_tag", "tag": "t"}]});
    let definition = Definition::read_saved(&document).unwrap();
    PublishedWorkflow { id: WorkflowId::new(at(0), bits80(&[name])), version: WorkflowVersion::FIRST, definition }
}

/// Of 1,990 executions, the oldest 20 belong to the workflow.
#[tokio::test]
async fn a_small_page_of_a_filtered_list_costs_no_more_than_a_large_page() {
    let harness = ExecutorHarness::new().await;
    let (rare, common) = (workflow("rare"), workflow("common"));
    executions(&harness, &rare, 0..20).await;
    executions(&harness, &common, 20..1990).await;
    let (table, meter) = harness.dynamo.metered_instance();
    let store = table.of(&tenant("demo"));
    let all = ExecutionQuery::default();
    let of_workflow = ExecutionQuery { workflow_id: Some(rare.id.clone()), ..ExecutionQuery::default() };
    let of_status = ExecutionQuery { status: Some(ExecutionStatus::Failed), ..ExecutionQuery::default() };
    for (query, calls) in [(&of_workflow, 2), (&of_status, 2), (&all, 2)] {
        let mut costs = Vec::new();
        for limit in [1, 100] {
            meter.take();
            store.executions(query, &first(limit)).await.unwrap();
            costs.push(meter.take());
        }
        let [small, large]: [Cost; 2] = costs.try_into().unwrap();
        assert!(small.calls <= large.calls && large.calls <= calls, "{query:?}: {small:?} and {large:?}");
        assert!(small.read_units <= large.read_units, "{query:?}: {small:?} and {large:?}");
    }
    let (mut found, mut pages, mut cursor) = (0, 0, None);
    loop {
        let page = store.executions(&of_workflow, &PageRequest { limit: 100, cursor }).await.unwrap();
        (found, pages, cursor) = (found + page.data.len(), pages + 1, page.next_cursor);
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!((found, pages), (20, 2));
}
