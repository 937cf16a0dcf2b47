//! JSON and CSV representations of domain objects in API answers.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use couponflow_app::apply::Applied;
use couponflow_app::code_rejection::CodeRejection;
use couponflow_app::ports::{Workflow, WorkflowVersion};
use couponflow_domain::automation::execution::{Attempt, Execution, StepRecord};
use couponflow_domain::automation::template::TemplateFilter;
use couponflow_domain::automation::trigger_catalog::{StepForm, TriggerForm};
use couponflow_domain::contacts::contact::Contact;
use couponflow_domain::coupons::code::{CouponCode, UniqueCode};
use couponflow_domain::coupons::coupon::Coupon;
use couponflow_domain::coupons::job::Job;
use couponflow_domain::coupons::statistics::Statistics;
use couponflow_domain::delivery::mail::Suppression;
use couponflow_domain::delivery::webhook::SigningSecret;
use couponflow_domain::kernel::input::FieldError;
use couponflow_domain::kernel::money::Money;
use couponflow_domain::purchases::customer::Email;
use couponflow_domain::purchases::order::Order;
use couponflow_domain::purchases::{Application, BillingDiscount, Checkout, Redemption};
use serde_json::{Value, json};

use crate::problem::Problem;

/// Represents a coupon with its status at `now`.
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

/// Represents a webhook signing secret without the secret itself.
pub fn signing_secret(secret: &SigningSecret) -> Value {
    json!({"id": secret.id, "created_at": secret.created_at, "valid_until": secret.valid_until})
}

/// Represents a new webhook signing secret with the secret itself, which is shown once.
pub fn new_signing_secret(secret: &SigningSecret) -> Value {
    let mut view = signing_secret(secret);
    view["secret"] = json!(secret.reveal());
    view
}

/// Represents an application in the answer of apply.
pub fn application(application: &Application) -> Value {
    json!({
        "id": application.id,
        "coupon_id": application.coupon_id,
        "code": application.code,
        "order_id": application.order.id,
        "order_value": application.order.value(),
        "discount": application.discount,
        "total": application.total(),
        "total_after_code": application.total_after_code(),
        "hold": application.hold,
        "created_at": application.created_at,
    })
}

/// Represents the outcomes of several codes on one order, in request order. `rejected` creates the problem of a
/// rejection.
pub fn applied(
    checkout: &Checkout,
    applied: &[Applied],
    rejected: impl Fn(&CodeRejection, Option<&CouponCode>) -> Problem,
) -> Value {
    let results: Vec<Value> = applied
        .iter()
        .map(|Applied { code, outcome, backup }| match outcome {
            Ok(of_code) => json!({"code": code, "status": "applied", "application": application(of_code)}),
            Err(rejection) => json!({"code": code, "status": "rejected", "rejection": rejected(rejection, backup.as_ref()).answer().body}),
        })
        .collect();
    let discounts = applied.iter().filter_map(|applied| applied.outcome.as_ref().ok()).map(|a| a.discount.amount);
    let mut view = order(&checkout.order, discounts.sum());
    view["results"] = json!(results);
    view
}

/// Represents the redemptions of several codes on one order, in request order.
pub fn redemptions(redemptions: &[Redemption]) -> Value {
    let Some(first) = redemptions.first() else { return json!({"redemptions": []}) };
    let mut view = order(&first.order, redemptions.iter().map(|redemption| redemption.discount.amount).sum());
    view["redemptions"] = redemptions.iter().map(redemption).collect();
    view
}

/// Represents an order with its total discount.
fn order(order: &Order, discount: i64) -> Value {
    let value = order.value();
    json!({
        "order_id": order.id,
        "order_value": value,
        "discount": Money::new(discount, order.currency),
        "total": Money::new(value.amount - discount, order.currency),
    })
}

/// Represents a redemption in the answer of redeem.
pub fn redemption(redemption: &Redemption) -> Value {
    json!({
        "id": redemption.id,
        "coupon_id": redemption.coupon_id,
        "code": redemption.code,
        "order_id": redemption.order.id,
        "order_value": redemption.order.value(),
        "discount": redemption.discount,
        "total": redemption.total(),
        "total_after_code": redemption.total_after_code(),
        "status": if redemption.rollback.is_some() { "rolled_back" } else { "redeemed" },
        "created_at": redemption.created_at,
    })
}

/// Represents a redemption in lists and when read, with its sequence number and its customer.
pub fn redemption_record(record: &Redemption) -> Value {
    let mut view = redemption(record);
    view["redemption_number"] = json!(record.redemption_number);
    view["customer"] = json!(record.customer);
    view["source"] = json!(record.source);
    view["subscription"] = json!(record.subscription);
    view["rollback"] = json!(record.rollback);
    view
}

/// Represents the discount on the payment of a billing date.
pub fn billing_discount(redemption: &Redemption, billing_date: NaiveDate, billing: &BillingDiscount) -> Value {
    let (discount, reason) = match &billing.discount {
        Ok(discount) => (Some(discount), None),
        Err(reason) => (None, Some(reason)),
    };
    json!({
        "redemption_id": redemption.id,
        "billing_date": billing_date,
        "discounted": discount.is_some(),
        "discount": discount,
        "reason": reason,
        "ends_on": billing.ends_on,
    })
}

/// Represents statistics with a time series of the days on which something was counted.
pub fn statistics(total: &Statistics, days: &[(NaiveDate, Statistics)]) -> Value {
    let mut view = total.view();
    let day = |(date, statistics): &(NaiveDate, Statistics)| {
        let mut view = statistics.view();
        view["date"] = json!(date);
        view
    };
    view["time_series"] = days.iter().map(day).collect();
    view
}

/// Represents a contact without internal data: its unsubscribe token and the executions that listen to it.
pub fn contact(contact: &Contact) -> Value {
    json!({
        "id": contact.id,
        "email": contact.email,
        "customer_id": contact.customer_id,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "tags": contact.tags,
        "lists": contact.lists,
        "time_zone": contact.time_zone,
        "locale": contact.locale,
        "consent": contact.consent,
        "created_at": contact.created_at,
    })
}

/// Represents the suppression of an address.
pub fn suppression(email: &Email, suppression: &Suppression) -> Value {
    json!({"email": email, "reason": suppression.reason, "updated_at": suppression.at})
}

/// Represents a workflow: its document with its status.
pub fn workflow(workflow: &Workflow) -> Value {
    let mut view = workflow.document.clone();
    view["id"] = json!(workflow.id);
    view["status"] = json!(workflow.status);
    view["version"] = json!(workflow.version);
    view["has_unpublished_changes"] = json!(workflow.has_unpublished_changes);
    view["created_at"] = json!(workflow.created_at);
    view["updated_at"] = json!(workflow.updated_at);
    view
}

/// Represents a workflow with the warnings about its document.
pub fn reviewed_workflow(workflow: &Workflow, warnings: &[FieldError]) -> Value {
    let mut view = self::workflow(workflow);
    view["warnings"] = json!(warnings);
    view
}

/// Represents a published version of a workflow.
pub fn workflow_version(version: &WorkflowVersion) -> Value {
    let mut view = version.document.clone();
    view["version"] = json!(version.version);
    view["published_at"] = json!(version.published_at);
    view
}

/// Represents the trigger catalog: triggers, template filters and steps.
pub fn triggers(triggers: &[TriggerForm], filters: &[TemplateFilter], steps: &[StepForm]) -> Value {
    json!({"triggers": triggers, "filters": filters, "steps": steps})
}

/// Represents an execution with its steps.
pub fn execution(execution: &Execution) -> Value {
    json!({
        "id": execution.id,
        "workflow_id": execution.workflow_id,
        "workflow_version": execution.workflow_version,
        "event_id": execution.event.metadata.event_id,
        "event_type": execution.event_type,
        "contact": execution.contact,
        "parent": execution.parent,
        "status": execution.status,
        "detail": execution.detail,
        "wake_at": execution.wake_at,
        "steps": execution.steps.iter().map(step).collect::<Vec<_>>(),
        "created_at": execution.created_at,
        "updated_at": execution.updated_at,
    })
}

/// Represents a step of an execution without internal data.
fn step(record: &StepRecord) -> Value {
    let attempt = |(i, attempt): (usize, &Attempt)| {
        json!({"number": i + 1, "outcome": attempt.outcome, "error": attempt.error, "started_at": attempt.started_at,
            "finished_at": attempt.finished_at})
    };
    json!({
        "id": record.id,
        "type": record.r#type,
        "status": record.status,
        "attempts": record.attempts.iter().enumerate().map(attempt).collect::<Vec<_>>(),
        "input": record.input,
        "output": record.output,
        "detail": record.detail,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
    })
}

/// Represents a unique code.
pub fn unique_code(code: &UniqueCode) -> Value {
    json!({
        "code": code.code,
        "status": code.status(),
        "created_at": code.created_at,
        "redeemed_at": code.redeemed_at,
        "redemption_id": code.redemption_id,
    })
}

/// Returns the header line of the CSV export of unique codes.
pub fn unique_code_header() -> &'static str {
    "code,status,created_at,redeemed_at,redemption_id\r\n"
}

/// Returns the CSV line of a unique code. No value needs quoting.
pub fn unique_code_row(code: &UniqueCode) -> String {
    let instant = |instant: DateTime<Utc>| instant.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let created_at = instant(code.created_at);
    let redeemed_at = code.redeemed_at.map(instant).unwrap_or_default();
    let redemption_id = code.redemption_id.as_ref().map_or("", |id| id.as_str());
    format!("{},{},{created_at},{redeemed_at},{redemption_id}\r\n", code.code, code.status().name())
}

/// Represents a job with its progress. Leaves out its seed, from which its codes could be derived.
pub fn job(job: &Job) -> Value {
    let detail = "is taken by a coupon, or was taken by a deleted one; choose another code";
    let errors = job.errors.iter().map(|taken| json!({"line": taken.line, "code": taken.code, "detail": detail}));
    json!({
        "id": job.id,
        "type": job.work.name(),
        "coupon_id": job.coupon_id,
        "status": job.status,
        "reason": job.reason,
        "count": job.count,
        "done": job.processed(),
        "failed": job.failed,
        "errors": errors.collect::<Vec<_>>(),
        "created_at": job.created_at,
        "updated_at": job.updated_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use couponflow_domain::coupons::code::{CouponCode, GenerateCodes, Seed};
    use couponflow_domain::coupons::job::JobKind;
    use couponflow_domain::kernel::ids::{CouponId, JobId, RedemptionId};
    use couponflow_domain::kernel::input;

    fn at(ms: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(ms).unwrap()
    }

    #[test]
    fn csv_row_has_as_many_columns_as_the_header() {
        let code = UniqueCode {
            code: CouponCode::parse("VIP7K2M").unwrap(),
            coupon_id: CouponId::new(at(0), [1; 10]),
            created_at: at(1_000),
            redeemed_at: None,
            redemption_id: None,
            held: None,
        };
        assert_eq!(unique_code_row(&code), "VIP7K2M,available,1970-01-01T00:00:01Z,,\r\n");
        let id = RedemptionId::new(at(0), [2; 10]);
        let redeemed = UniqueCode { redeemed_at: Some(at(1_500)), redemption_id: Some(id.clone()), ..code };
        let row = format!("VIP7K2M,redeemed,1970-01-01T00:00:01Z,1970-01-01T00:00:01.500Z,{id}\r\n");
        assert_eq!(unique_code_row(&redeemed), row);
        assert_eq!(row.split(',').count(), unique_code_header().split(',').count());
    }

    #[test]
    fn job_view_does_not_reveal_the_seed() {
        let wanted = input::read(&json!({"count": 5, "prefix": "VIP"}), GenerateCodes::read).unwrap();
        let work = JobKind::GenerateCodes(wanted.generator(Seed([[77; 10]; 4])));
        let job = Job::new(JobId::new(at(0), [1; 10]), CouponId::new(at(0), [2; 10]), work, 5, at(0));
        let shown = super::job(&job).to_string();
        assert!(!shown.contains("seed") && !shown.contains("77"), "{shown}");
    }
}
