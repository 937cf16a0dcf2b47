//! Examples for the OpenAPI document: the request and event samples in `events/samples`, and the
//! responses that the API code builds from these samples.
#![expect(clippy::expect_used, reason = "only generators and tests run this code; an invalid sample must stop them")]

use chrono::{DateTime, Utc};
use couponflow_app::automation::dry_run::{DryRun, PlannedStep};
use couponflow_app::automation::ports::{Workflow, WorkflowStatus};
use couponflow_app::purchases::apply::Applied;
use couponflow_domain::automation::execution::{
    AttemptResult, Execution, ExecutionStatus, NextAction, Outcome, StepStatus,
};
use couponflow_domain::automation::filter::Subject;
use couponflow_domain::automation::template::FILTERS;
use couponflow_domain::automation::trigger_catalog;
use couponflow_domain::automation::workflow::{Definition, PublishedWorkflow};
use couponflow_domain::contacts::contact::{Contact, ContactDetails};
use couponflow_domain::coupons::code::{CouponCode, GenerateCodes, Seed, UniqueCode};
use couponflow_domain::coupons::coupon::{Coupon, RollbackReason, Terms};
use couponflow_domain::coupons::job::{Job, JobKind};
use couponflow_domain::coupons::statistics::Statistics;
use couponflow_domain::delivery::mail::{Suppression, SuppressionReason};
use couponflow_domain::delivery::webhook::SigningSecret;
use couponflow_domain::events::event::{Detail, Envelope, Event, EventType, sample};
use couponflow_domain::kernel::digest::bits80;
use couponflow_domain::kernel::ids::{CouponId, JobId, SigningSecretId, WorkflowId};
use couponflow_domain::kernel::input;
use couponflow_domain::purchases::customer::Email;
use couponflow_domain::purchases::decision::{Price, decide};
use couponflow_domain::purchases::pricing::Remainder;
use couponflow_domain::purchases::rejection::Rejection;
use couponflow_domain::purchases::{Application, Billing, Checkout, Purchase, Redemption, Rollback};
use couponflow_http::view;
use serde_json::{Map, Value, json};

/// Reads a file of `events/samples` as JSON.
macro_rules! sample_file {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("../../../events/samples/", $name, ".json")))
            .expect("the sample is valid JSON")
    };
}

/// Returns the request body of a sample API Gateway event.
fn body(request: Value) -> Value {
    serde_json::from_str(request["body"].as_str().unwrap_or_default()).expect("the body of the sample is valid JSON")
}

/// Request body that creates a coupon.
pub(crate) fn terms() -> Value {
    body(sample_file!("create-coupon"))
}

/// Request body that applies a code.
pub(crate) fn purchase() -> Value {
    body(sample_file!("apply"))
}

/// Request body that redeems a code.
pub(crate) fn redeem() -> Value {
    body(sample_file!("redeem"))
}

/// Request body that creates a workflow.
pub(crate) fn workflow_document() -> Value {
    body(sample_file!("create-workflow"))
}

/// An event as EventBridge delivers it.
pub(crate) fn event(kind: EventType) -> Value {
    serde_json::from_str(sample(kind)).expect("the sample is valid JSON")
}

/// The time of all examples: 2026-11-22T15:00:00Z.
fn example_time() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_359_600, 0).unwrap_or_default()
}

fn a_coupon() -> Coupon {
    let terms = input::read(&terms(), Terms::read).expect("the sample is valid");
    Coupon::new(CouponId::new(example_time(), bits80(&["coupon"])), terms, example_time())
}

/// Response with a coupon.
pub(crate) fn coupon() -> Value {
    view::coupon(&a_coupon(), example_time())
}

fn a_checkout() -> Checkout {
    input::read(&purchase(), Checkout::read).expect("the sample is valid")
}

fn a_purchase() -> (Coupon, Purchase, Price) {
    let (coupon, checkout) = (a_coupon(), a_checkout());
    let left = Remainder::of(&checkout.order);
    let price = decide(&coupon, &checkout.order, &left, checkout.customer.as_ref(), example_time());
    let purchase = checkout.purchase(&checkout.codes.all()[0]);
    (coupon, purchase, price.expect("the sample is eligible"))
}

fn an_application() -> Application {
    let (coupon, purchase, price) = a_purchase();
    Application::new(&coupon, purchase, price, example_time())
}

/// Response of apply with two codes: the first code is applied, and the second code is rejected.
pub(crate) fn applied() -> Value {
    let applied = Applied { code: an_application().code, outcome: Ok(an_application()), backup: None };
    let code = CouponCode::parse("WELCOME5").expect("the code is valid");
    let rejected = Applied { code, outcome: Err(Rejection::CouponNotCombinable.into()), backup: None };
    view::applied(&a_checkout(), &[applied, rejected], |rejection, _| (*rejection).into())
}

/// Response with an application.
pub(crate) fn application() -> Value {
    view::application(&an_application())
}

fn a_redemption() -> Redemption {
    let (coupon, purchase, price) = a_purchase();
    Redemption::new(&coupon, purchase, price, example_time())
}

/// Response of redeem with several codes.
pub(crate) fn redeemed() -> Value {
    view::redemptions(&[a_redemption()])
}

/// Request body that generates unique codes.
pub(crate) fn generate_codes() -> Value {
    body(sample_file!("generate-codes"))
}

/// Response with a job that has processed half of its codes.
pub(crate) fn job() -> Value {
    let wanted = input::read(&generate_codes(), GenerateCodes::read).expect("the sample is valid");
    let work = JobKind::GenerateCodes(wanted.generator(Seed([[0; 10]; 4])));
    let id = JobId::new(example_time(), bits80(&["job"]));
    view::job(&Job { issued: wanted.count / 2, ..Job::new(id, a_coupon().id, work, wanted.count, example_time()) })
}

fn a_unique_code() -> UniqueCode {
    let code = CouponCode::parse("VIP7K2MQX4R9TBW").expect("the code is valid");
    let redemption_id = Some(a_redemption().id);
    UniqueCode {
        code,
        coupon_id: a_coupon().id,
        created_at: example_time(),
        redeemed_at: Some(example_time()),
        redemption_id,
        held: None,
    }
}

/// Response with a unique code.
pub(crate) fn unique_code() -> Value {
    view::unique_code(&a_unique_code())
}

/// CSV response with one unique code.
pub(crate) fn unique_code_file() -> String {
    view::unique_code_header().to_owned() + &view::unique_code_row(&a_unique_code())
}

/// Response with the discount of a subscription payment.
pub(crate) fn billing_discount() -> Value {
    let redemption = a_redemption();
    let started_on = redemption.started_on();
    let billing = Billing { date: started_on, subscription_started_on: None };
    let discount = billing.discount_on(&redemption, &[]).expect("the first payment is discounted");
    view::billing_discount(&redemption, started_on, &discount)
}

/// Statistics that count one event of each type.
fn sample_statistics() -> Statistics {
    let mut statistics = Statistics { issued: 500, ..Statistics::default() };
    for kind in EventType::ALL {
        let Detail { metadata, data } =
            serde_json::from_value(event(*kind)["detail"].clone()).expect("the sample is valid");
        statistics.count(&Event { kind: *kind, metadata, data });
    }
    statistics
}

/// Response with the statistics of a coupon.
pub(crate) fn coupon_statistics() -> Value {
    let mut view = view::statistics(&sample_statistics(), &[(example_time().date_naive(), sample_statistics())]);
    view["coupon_id"] = coupon()["id"].clone();
    view
}

/// Response with the statistics of unknown codes.
pub(crate) fn statistics() -> Value {
    let mut statistics = Statistics::default();
    statistics.add("rejected#coupon_not_found", 12);
    view::statistics(&statistics, &[(example_time().date_naive(), statistics.clone())])
}

/// Response of redeem with one code.
pub(crate) fn redemption() -> Value {
    view::redemption(&a_redemption())
}

/// Response of reading a redemption.
pub(crate) fn redemption_record() -> Value {
    view::redemption_record(&Redemption { redemption_number: Some(42), ..a_redemption() })
}

/// Response with a redemption that was rolled back.
pub(crate) fn rolled_back() -> Value {
    let rollback = Some(Rollback { reason: RollbackReason::Refunded, at: example_time(), released: true });
    view::redemption_record(&Redemption { redemption_number: Some(42), rollback, ..a_redemption() })
}

/// Request body that creates a contact.
pub(crate) fn contact_details() -> Value {
    body(sample_file!("create-contact"))
}

/// Response with a contact.
pub(crate) fn contact() -> Value {
    let details = input::read(&contact_details(), ContactDetails::read).expect("the sample is valid");
    view::contact(&Contact::new(details, example_time(), [0; 10]).expect("the sample is valid"))
}

/// Response with an entry of the suppression list.
pub(crate) fn suppression() -> Value {
    let email = Email::parse("ana@example.com").expect("the address is valid");
    view::suppression(&email, &Suppression { reason: SuppressionReason::Bounced, at: example_time() })
}

fn a_signing_secret() -> SigningSecret {
    SigningSecret::new(
        SigningSecretId::new(example_time(), bits80(&["secret"])),
        [bits80(&["an example"]); 3],
        example_time(),
    )
}

/// Response with a signing secret, without the secret value.
pub(crate) fn signing_secret() -> Value {
    view::signing_secret(&a_signing_secret())
}

/// Response of creating a signing secret, with the secret value.
pub(crate) fn new_signing_secret() -> Value {
    view::new_signing_secret(&a_signing_secret())
}

fn workflow_id() -> WorkflowId {
    WorkflowId::new(example_time(), bits80(&["workflow"]))
}

fn stored_workflow() -> Workflow {
    let draft = Workflow::draft(workflow_id(), workflow_document(), example_time());
    Workflow { status: WorkflowStatus::Published, version: 1, has_unpublished_changes: false, ..draft }
}

/// A workflow as an entry of a list, without `warnings`.
pub(crate) fn workflow() -> Value {
    view::workflow(&stored_workflow())
}

/// Response with a single workflow, with `warnings`.
pub(crate) fn reviewed_workflow() -> Value {
    view::reviewed_workflow(&stored_workflow(), &[])
}

fn published() -> PublishedWorkflow {
    let definition = Definition::read(&workflow_document()).expect("the sample is valid");
    PublishedWorkflow { id: workflow_id(), version: 1, definition }
}

fn limit_reached() -> Event {
    let envelope: Envelope = serde_json::from_value(event(EventType::CouponLimitReached)).expect("the sample is valid");
    envelope.into()
}

/// Response with a shortened trigger catalog: one trigger with one field, one template filter and
/// one step type.
pub(crate) fn triggers() -> Value {
    let mut triggers = trigger_catalog::triggers();
    triggers.truncate(1);
    triggers.iter_mut().for_each(|trigger| {
        trigger.fields.truncate(1);
        trigger.merge_fields.truncate(1);
        trigger.merge_field_details.truncate(1);
    });
    let outputs = trigger_catalog::steps().into_iter().filter(|step| step.r#type == "generate_coupon");
    view::triggers(&triggers, &FILTERS[..1], &outputs.collect::<Vec<_>>())
}

/// Response with an execution whose first step is completed.
pub(crate) fn execution() -> Value {
    let published = published();
    let execution = Execution::new(&limit_reached(), None, &published, Vec::new(), example_time());
    let done = AttemptResult::without_input(Outcome::Completed(Map::new()));
    match execution.next_action(&published.definition, [0; 10], example_time()) {
        NextAction::Perform(claimed) => {
            view::execution(&claimed.record(&published.definition, &done, [0; 10], example_time()))
        }
        _ => view::execution(&execution),
    }
}

/// An entry of a dry-run response.
pub(crate) fn dry_run() -> Value {
    let event = limit_reached();
    let filters = published().definition.filter.explain(Subject { event: &event, tags: None });
    json!(DryRun {
        event_id: event.id().clone(),
        event_type: event.kind,
        occurred_at: event.metadata.occurred_at,
        matches: filters.held,
        expected_event: None,
        filters: Some(filters),
        would_skip: None,
        would_end: Some(ExecutionStatus::Completed),
        steps: vec![PlannedStep {
            id: "off".to_owned(),
            r#type: "pause_coupon".to_owned(),
            status: StepStatus::Completed,
            detail: None,
            input: Some(Map::from_iter([("coupon_id".to_owned(), json!(event.data.coupon.id))])),
            note: None,
            at: example_time(),
            for_one_contact: Vec::new(),
        }],
    })
}
