//! Examples: the samples of requests and events, and what the code makes of them.
#![expect(clippy::expect_used, reason = "a damaged sample ends the generator, which is all that runs this")]

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use couponflow_app::ports::{Workflow, WorkflowStatus};
use couponflow_domain::contact;
use couponflow_domain::coupon::{Coupon, Terms};
use couponflow_domain::digest::bits80;
use couponflow_domain::event::{Detail, Event, EventType};
use couponflow_domain::execution::{Execution, Outcome, Turn};
use couponflow_domain::ids::{CouponId, WorkflowId};
use couponflow_domain::input;
use couponflow_domain::plan::Published;
use couponflow_domain::pricing::price;
use couponflow_domain::purchase::{Application, Purchase, Redemption, Rollback, RollbackReason};
use couponflow_domain::workflow::Definition;
use couponflow_http::view;
use serde_json::{Map, Value};

/// A file of `events/samples`.
macro_rules! file {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("../../../events/samples/", $name, ".json")))
            .expect("samples are JSON")
    };
}

/// The body of a sample of a gateway request.
fn body(request: Value) -> Value {
    serde_json::from_str(request["body"].as_str().unwrap_or_default()).expect("bodies are JSON")
}

/// The body that creates a coupon.
pub(crate) fn terms() -> Value {
    body(file!("create-coupon"))
}

/// The body that applies a code.
pub(crate) fn purchase() -> Value {
    body(file!("apply"))
}

/// The body that redeems a code.
pub(crate) fn redeem() -> Value {
    body(file!("redeem"))
}

/// The body that creates a workflow.
pub(crate) fn workflow_document() -> Value {
    body(file!("create-workflow"))
}

/// An event, as a rule on the bus hands it on.
pub(crate) fn event(kind: EventType) -> Value {
    match kind {
        EventType::CouponApplied => file!("CouponApplied"),
        EventType::CouponRedeemed => file!("CouponRedeemed"),
        EventType::CouponLimitReached => file!("CouponLimitReached"),
        EventType::CouponExpired => file!("CouponExpired"),
        EventType::CouponRedemptionRolledBack => file!("CouponRedemptionRolledBack"),
        EventType::CouponHoldExpired => file!("CouponHoldExpired"),
        EventType::CouponApplicationAbandoned => file!("CouponApplicationAbandoned"),
        EventType::CouponRejected => file!("CouponRejected"),
        EventType::CouponThresholdReached => file!("CouponThresholdReached"),
        EventType::CouponExpiring => file!("CouponExpiring"),
    }
}

/// When everything here happens.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_359_600, 0).unwrap_or_default()
}

fn a_coupon() -> Coupon {
    let terms = input::read(&terms(), Terms::read).expect("the sample is right");
    Coupon::new(CouponId::new(now(), bits80(&["coupon"])), terms, now())
}

/// A coupon, as it is answered.
pub(crate) fn coupon() -> Value {
    view::coupon(&a_coupon(), now())
}

fn a_purchase() -> Purchase {
    input::read(&purchase(), Purchase::read).expect("the sample is right")
}

fn an_application() -> Application {
    let (Coupon { id, terms, .. }, purchase) = (a_coupon(), a_purchase());
    let discount = price(terms.discount, &terms.applies_to, &purchase.order).expect("the sample is eligible");
    Application::new(id, purchase, discount, now())
}

/// An application, as it is answered.
pub(crate) fn application() -> Value {
    view::application(&an_application())
}

fn a_redemption() -> Redemption {
    let Application { coupon_id, discount, .. } = an_application();
    Redemption::new(coupon_id, a_purchase(), discount, now())
}

/// A redemption, as redeem answers it.
pub(crate) fn redemption() -> Value {
    view::redemption(&a_redemption())
}

/// A redemption, as it is read later.
pub(crate) fn redemption_record() -> Value {
    view::redemption_record(&Redemption { redemption_number: Some(42), ..a_redemption() })
}

/// A redemption that was given back.
pub(crate) fn rolled_back() -> Value {
    let rollback = Some(Rollback { reason: RollbackReason::Refunded, at: now(), released: true });
    view::redemption_record(&Redemption { redemption_number: Some(42), rollback, ..a_redemption() })
}

/// A contact.
pub(crate) fn contact() -> Value {
    let customer = a_purchase().customer.expect("the sample has a customer");
    view::contact(&contact::Contact {
        id: contact::contact_id(&customer, now()),
        email: customer.email,
        customer_id: customer.id,
        first_name: customer.first_name,
        last_name: customer.last_name,
        tags: BTreeSet::from(["Member20-Used".to_owned()]),
        created_at: now(),
    })
}

fn workflow_id() -> WorkflowId {
    WorkflowId::new(now(), bits80(&["workflow"]))
}

/// A workflow.
pub(crate) fn workflow() -> Value {
    view::workflow(&Workflow {
        id: workflow_id(),
        status: WorkflowStatus::Published,
        version: 1,
        document: workflow_document(),
        created_at: now(),
        updated_at: now(),
    })
}

/// An execution whose first step is done.
pub(crate) fn execution() -> Value {
    let definition = Definition::read(&workflow_document()).expect("the sample is right");
    let kind = EventType::CouponLimitReached;
    let Detail { metadata, data } = serde_json::from_value(event(kind)["detail"].clone()).expect("the sample is right");
    let published = Published { id: workflow_id(), version: 1, definition };
    let execution = Execution::new(&Event { kind, metadata, data }, None, &published, now());
    match execution.turn(&published.definition.steps, [0; 10], now()) {
        Turn::Do(claimed) => view::execution(&claimed.record(&Outcome::Completed(Map::new()), [0; 10], now())),
        _ => view::execution(&execution),
    }
}
