//! How things look from outside.

use chrono::{DateTime, Utc};
use couponflow_app::ports::Workflow;
use couponflow_domain::contact::Contact;
use couponflow_domain::coupon::Coupon;
use couponflow_domain::execution::Execution;
use couponflow_domain::purchase::{Application, Redemption};
use serde_json::{Value, json};

/// A coupon as it is at `now`.
pub fn coupon(coupon: &Coupon, now: DateTime<Utc>) -> Value {
    let mut view = json!(coupon.terms);
    view["id"] = json!(coupon.id);
    view["status"] = json!(coupon.status(now));
    view["times_redeemed"] = json!(coupon.times_redeemed);
    view["times_applied"] = json!(coupon.times_applied);
    view["held"] = json!(coupon.held);
    view["created_at"] = json!(coupon.created_at);
    view["updated_at"] = json!(coupon.updated_at);
    view
}

/// An application, as apply answers it.
pub fn application(application: &Application) -> Value {
    json!({
        "id": application.id,
        "coupon_id": application.coupon_id,
        "code": application.code,
        "order_id": application.order.id,
        "order_value": application.order.value(),
        "discount": application.discount,
        "total": application.total(),
        "hold": application.hold,
        "created_at": application.created_at,
    })
}

/// A redemption, as redeem answers it.
pub fn redemption(redemption: &Redemption) -> Value {
    json!({
        "id": redemption.id,
        "coupon_id": redemption.coupon_id,
        "code": redemption.code,
        "order_id": redemption.order.id,
        "order_value": redemption.order.value(),
        "discount": redemption.discount,
        "total": redemption.total(),
        "status": if redemption.rollback.is_some() { "rolled_back" } else { "redeemed" },
        "created_at": redemption.created_at,
    })
}

/// A redemption, as it is read later: with its number and its customer.
pub fn redemption_record(record: &Redemption) -> Value {
    let mut view = redemption(record);
    view["redemption_number"] = json!(record.redemption_number);
    view["customer"] = json!(record.customer);
    view["rollback"] = json!(record.rollback);
    view
}

/// A contact.
pub fn contact(contact: &Contact) -> Value {
    json!({
        "id": contact.id,
        "email": contact.email,
        "customer_id": contact.customer_id,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "tags": contact.tags,
        "created_at": contact.created_at,
    })
}

/// A workflow: the document as it was written, and what became of it.
pub fn workflow(workflow: &Workflow) -> Value {
    let mut view = workflow.document.clone();
    view["id"] = json!(workflow.id);
    view["status"] = json!(workflow.status);
    view["version"] = json!(workflow.version);
    view["created_at"] = json!(workflow.created_at);
    view["updated_at"] = json!(workflow.updated_at);
    view
}

/// An execution with its steps.
pub fn execution(execution: &Execution) -> Value {
    json!({
        "id": execution.id,
        "workflow_id": execution.workflow_id,
        "workflow_version": execution.workflow_version,
        "event_id": execution.event.metadata.event_id,
        "event_type": execution.event_type,
        "contact": execution.contact,
        "status": execution.status,
        "wake_at": execution.wake_at,
        "steps": execution.steps,
        "created_at": execution.created_at,
        "updated_at": execution.updated_at,
    })
}
