//! Single writes that take effect although their response is lost. A single write has no client
//! token, so the SDK's retry finds the result of the first attempt. Each test loses every response
//! of an operation in turn, and expects the outcome of an operation without losses.

use std::fmt::Debug;

use chrono::TimeDelta;
use couponflow_app::automation::ports::{AutomationStore as _, Workflow, WorkflowStatus};
use couponflow_app::contacts::ports::{ContactStore as _, CreateContactOutcome};
use couponflow_app::coupons::ports::{CouponStore as _, WakeTimer};
use couponflow_app::events::ports::EventStore as _;
use couponflow_app::kernel::page::PageRequest;
use couponflow_app::purchases::ports::PurchaseStore as _;
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_app::timers::ports::TimerStore as _;
use couponflow_aws::dynamo::TenantStore;
use couponflow_domain::contacts::contact::{ConsentState, Contact};
use couponflow_domain::coupons::code::{CodeStatus, CouponCode};
use couponflow_domain::coupons::coupon::{Coupon, State, Threshold};
use couponflow_domain::coupons::job::{Job, JobKind};
use couponflow_domain::events::event::{CouponSnapshot, Event};
use couponflow_domain::kernel::counters::LimitEpoch;
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::kernel::ids::{JobId, WorkflowId};
use couponflow_domain::kernel::language_tag::LanguageTag;
use couponflow_domain::purchases::{Application, Checkout};
use couponflow_domain::timers::timer::{Purpose, Timer};
use couponflow_tests::fixtures;
use couponflow_tests::fixtures::remove;
use couponflow_tests::fixtures::{apply_single, at, checkout, coupon, stored_contact, stored_coupon};
use couponflow_tests::table::Dynamo;
use serde_json::json;

/// Prepares a table, runs `operate`, and loses one response meanwhile: first the first response,
/// then the second response, and so on. Every run must have the outcome `expected`.
async fn lose_each_response<P, O: PartialEq + Debug>(
    prepare: impl AsyncFn(TenantStore) -> P,
    operate: impl AsyncFn(TenantStore, &P) -> O,
    expected: O,
) {
    for lost in 0.. {
        let dynamo = Dynamo::start().await;
        let tenant = fixtures::tenant("demo");
        let prepared = prepare(dynamo.instance().of(&tenant)).await;
        let (table, responses) = dynamo.lossy_instance(lost);
        assert_eq!(operate(table.of(&tenant), &prepared).await, expected, "response {lost} was lost");
        if responses.count() <= lost {
            assert!(lost > 0, "the operation makes no call");
            return;
        }
    }
}

#[tokio::test]
async fn pausing_a_coupon_succeeds() {
    let prepare = async |store: TenantStore| stored_coupon(&store, "CODE1", json!({})).await;
    let pause = async |store: TenantStore, coupon: &Coupon| {
        let is_paused = store.set_state(coupon, State::Paused, at(1)).await.unwrap();
        let stored = store.coupon(&coupon.id).await.unwrap().unwrap();
        (is_paused, stored.state, stored.version.get() - coupon.version.get())
    };
    lose_each_response(prepare, pause, (true, State::Paused, 1)).await;
}

#[tokio::test]
async fn a_change_by_another_request_is_not_taken_for_the_own_change() {
    let dynamo = Dynamo::start().await;
    let store = dynamo.instance().of(&fixtures::tenant("demo"));
    let coupon = stored_coupon(&store, "CODE1", json!({})).await;
    assert!(store.set_state(&coupon, State::Paused, at(1)).await.unwrap());
    assert!(!store.set_state(&coupon, State::Paused, at(2)).await.unwrap(), "paused by the other request");
    let ana = stored_contact(&store, json!({"email": "ana@example.com"})).await;
    let edited = |locale: &str| Contact {
        locale: Some(LanguageTag::parse(locale).unwrap()),
        version: ana.version.next(),
        ..ana.clone()
    };
    assert!(store.edit_contact(&ana, &edited("de"), at(1)).await.unwrap());
    assert!(!store.edit_contact(&ana, &edited("fr"), at(1)).await.unwrap());
    let workflow = stored_workflow(store.clone()).await;
    assert!(store.save_workflow(&workflow, json!({"name": "one"}), at(1)).await.unwrap().is_some());
    assert!(store.save_workflow(&workflow, json!({"name": "two"}), at(1)).await.unwrap().is_none());
}

#[tokio::test]
async fn creating_editing_and_unsubscribing_a_contact_succeed() {
    let create = async |store: TenantStore, (): &()| {
        matches!(
            store.create_contact(&fixtures::contact(json!({"email": "ana@example.com"}))).await.unwrap(),
            CreateContactOutcome::Created(_)
        )
    };
    lose_each_response(async |_| (), create, true).await;
    let prepare = async |store: TenantStore| stored_contact(&store, json!({"email": "ana@example.com"})).await;
    let edit = async |store: TenantStore, ana: &Contact| {
        let locale = Some(LanguageTag::parse("de-CH").unwrap());
        let edited = Contact { locale, version: ana.version.next(), ..ana.clone() };
        let is_edited = store.edit_contact(ana, &edited, at(1)).await.unwrap();
        let stored = store.contact(&ana.id).await.unwrap().unwrap();
        (is_edited, stored.locale, stored.version.get() - ana.version.get())
    };
    lose_each_response(prepare, edit, (true, Some(LanguageTag::parse("de-CH").unwrap()), 1)).await;
    let withdraw = async |store: TenantStore, ana: &Contact| {
        let is_done = store.withdraw_consent(ana.id.key(), &ana.unsubscribe_token, at(1)).await.unwrap();
        (is_done, store.contact(&ana.id).await.unwrap().unwrap().consent.email)
    };
    lose_each_response(prepare, withdraw, (true, ConsentState::Withdrawn)).await;
}

#[tokio::test]
async fn erasing_a_contact_removes_its_memberships() {
    let prepare =
        async |store: TenantStore| stored_contact(&store, json!({"email": "ana@example.com", "tags": ["vip"]})).await;
    let erase = async |store: TenantStore, ana: &Contact| {
        let is_erased = store.erase_contact(ana, at(1)).await.unwrap();
        (is_erased, store.contact(&ana.id).await.unwrap(), store.complete_erasure(&ana.id).await.unwrap())
    };
    lose_each_response(prepare, erase, (true, None, false)).await;
}

async fn stored_workflow(store: TenantStore) -> Workflow {
    let document = json!({"name": "w", "trigger": {"type": "manual"}, "steps": []});
    let workflow = Workflow::draft(WorkflowId::new(at(0), bits80(&["w"])), document, at(0));
    store.create_workflow(&workflow).await.unwrap();
    workflow
}

#[tokio::test]
async fn creating_saving_and_deleting_a_workflow_succeed() {
    let create = async |store: TenantStore, (): &()| {
        let workflow = stored_workflow(store.clone()).await;
        store.workflow(&workflow.id).await.unwrap() == Some(workflow)
    };
    lose_each_response(async |_| (), create, true).await;
    let save = async |store: TenantStore, workflow: &Workflow| {
        let saved = store.save_workflow(workflow, json!({"name": "new"}), at(1)).await.unwrap();
        saved.map(|saved| (saved.status, saved.revision.get() - workflow.revision.get()))
    };
    lose_each_response(stored_workflow, save, Some((WorkflowStatus::Draft, 1))).await;
    let delete = async |store: TenantStore, workflow: &Workflow| {
        store.delete_workflow(workflow, at(1)).await.unwrap().map(|deleted| deleted.is_deleted)
    };
    lose_each_response(stored_workflow, delete, Some(true)).await;
}

fn job() -> Job {
    let coupon = coupon("CODE1", json!({}));
    Job::new(JobId::new(at(0), [1; 10]), coupon.id, JobKind::ImportCodes, 500, at(0))
}

fn job_timer(job: &Job) -> Timer {
    let purpose = Purpose::JobStep { job_id: job.id.clone() };
    Timer { tenant_id: fixtures::tenant("demo"), due_at: job.created_at, purpose }
}

#[tokio::test]
async fn saving_a_job_and_issuing_a_code_succeed() {
    let prepare = async |store: TenantStore| {
        store.create_job(&job(), 20).await.unwrap().unwrap();
        job()
    };
    let save = async |store: TenantStore, job: &Job| {
        let next = job.stopped("The coupon was deleted.", at(1));
        store.save_job(&next, 0, &job_timer(job), &WakeTimer::Keep).await.unwrap()
    };
    lose_each_response(prepare, save, true).await;
    let issue = async |store: TenantStore, job: &Job| {
        let code = CouponCode::parse("UNIQUE1").unwrap();
        let issued = [store.issue_code(&code, job, 1, at(1)).await, store.issue_code(&code, job, 2, at(1)).await];
        issued.map(Result::unwrap)
    };
    lose_each_response(prepare, issue, [true, false]).await;
}

#[tokio::test]
async fn setting_a_timer_succeeds() {
    let timer = job_timer(&job());
    for lost in 0.. {
        let dynamo = Dynamo::start().await;
        let (table, responses) = dynamo.lossy_instance(lost);
        table.set_timer(&timer).await.unwrap();
        assert!(dynamo.instance().is_set(&timer).await.unwrap(), "response {lost} was lost");
        if responses.count() <= lost {
            assert!(lost > 0, "the operation makes no call");
            return;
        }
    }
}

#[tokio::test]
async fn removing_an_application_releases_its_code() {
    let held = |hold: Option<TimeDelta>| {
        async move |store: TenantStore| {
            let coupon = stored_coupon(&store, "CODE1", json!({})).await;
            let job = Job { coupon_id: coupon.id.clone(), ..job() };
            store.issue_code(&CouponCode::parse("UNIQUE1").unwrap(), &job, 0, at(0)).await.unwrap();
            let checkout = Checkout { hold, ..checkout("UNIQUE1", "ord_1", "ana@example.com") };
            apply_single(&store, &checkout, at(1)).await.unwrap()
        }
    };
    let take_off = async |store: TenantStore, application: &Application| {
        let is_removed = remove(&store, &application.id).await.unwrap();
        let page = PageRequest { limit: 10, cursor: None };
        let codes = store.unique_codes(&application.coupon_id, None, &page).await.unwrap().data;
        let statuses: Vec<CodeStatus> = codes.iter().map(|code| code.status()).collect();
        let is_held = codes.iter().any(|code| code.held.is_some());
        (is_removed, store.application(&application.id).await.unwrap(), statuses, is_held)
    };
    for hold in [None, Some(TimeDelta::seconds(900))] {
        lose_each_response(held(hold), take_off, (true, None, vec![CodeStatus::Available], false)).await;
    }
}

#[tokio::test]
async fn a_threshold_and_the_latest_redemption_are_recorded() {
    let prepare = async |store: TenantStore| stored_coupon(&store, "CODE1", json!({"max_redemptions": 10})).await;
    let event = |coupon: &Coupon| Event::coupon_expired(&fixtures::tenant("demo"), CouponSnapshot::from(coupon), at(1));
    let claim = async |store: TenantStore, coupon: &Coupon| {
        store.claim_threshold(Threshold::Remaining(1), LimitEpoch::FIRST, &event(coupon)).await.unwrap()
    };
    lose_each_response(prepare, claim, true).await;
    let customer = checkout("CODE1", "ord_1", "ana@example.com").customer.unwrap();
    let record = async |store: TenantStore, coupon: &Coupon| {
        store.record_last_redemption(&coupon.id, &customer, at(5)).await.unwrap();
        store.has_redeemed_since(&coupon.id, &customer, at(5)).await.unwrap()
    };
    lose_each_response(prepare, record, true).await;
}
