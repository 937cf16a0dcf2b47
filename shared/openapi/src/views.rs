//! What answers look like. `couponflow_http::view` makes them; a test holds these descriptions to it.
#![expect(dead_code, reason = "described, never made")]

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use couponflow_app::ports::WorkflowStatus;
use couponflow_domain::code::{CodeStatus, CouponCode};
use couponflow_domain::coupon::{Status, Terms};
use couponflow_domain::customer::{Customer, Email};
use couponflow_domain::event::EventType;
use couponflow_domain::execution::{ExecutionStatus, StepRecord};
use couponflow_domain::ids::{
    ApplicationId, ContactId, CouponId, EventId, ExecutionId, JobId, RedemptionId, WorkflowId,
};
use couponflow_domain::input::FieldError;
use couponflow_domain::job::JobStatus;
use couponflow_domain::money::Money;
use couponflow_domain::pricing::PricedDiscount;
use couponflow_domain::purchase::{Hold, Rollback, Subscription, Undiscounted};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::{requests, schema};

/// A coupon as it is now.
#[derive(JsonSchema)]
struct Coupon {
    #[schemars(flatten)]
    terms: Terms,
    /// Its id.
    id: CouponId,
    /// What it is now.
    status: Status,
    /// Redemptions that stand.
    times_redeemed: i64,
    /// Applications, counted from the events.
    times_applied: i64,
    /// Redemptions reserved by holds.
    held: i64,
    /// When it was created.
    created_at: DateTime<Utc>,
    /// When its terms or its state changed last.
    updated_at: DateTime<Utc>,
}

/// A code applied to an order: a price, not a promise.
#[derive(JsonSchema)]
struct Application {
    /// Its id: one per coupon and order.
    id: ApplicationId,
    /// The coupon.
    coupon_id: CouponId,
    /// Its code.
    code: CouponCode,
    /// The shop's id of the order.
    order_id: String,
    /// Before the discount.
    order_value: Money,
    /// What it takes off.
    discount: PricedDiscount,
    /// After the discount.
    total: Money,
    /// The redemption that is reserved for it.
    hold: Option<Hold>,
    /// When the order was first given this price.
    created_at: DateTime<Utc>,
}

fn problem(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({"$ref": "#/components/schemas/Problem"})
}

/// What came of one code of several.
#[derive(JsonSchema)]
#[schemars(tag = "status", rename_all = "snake_case")]
enum CodeResult {
    /// It is applied.
    Applied {
        /// The code.
        code: CouponCode,
        /// Its application.
        application: Application,
    },
    /// It is refused.
    Rejected {
        /// The code.
        code: CouponCode,
        /// Why.
        #[schemars(schema_with = "problem")]
        rejection: Value,
    },
}

/// What came of several codes on one order.
#[derive(JsonSchema)]
struct AppliedCodes {
    /// The shop's id of the order.
    order_id: String,
    /// Before any discount.
    order_value: Money,
    /// All that the codes take off.
    discount: Money,
    /// After all discounts.
    total: Money,
    /// Each code, in the order of the request.
    results: Vec<CodeResult>,
}

/// The redemptions of several codes on one order.
#[derive(JsonSchema)]
struct RedeemedCodes {
    /// The shop's id of the order.
    order_id: String,
    /// Before any discount.
    order_value: Money,
    /// All that the codes took off.
    discount: Money,
    /// After all discounts.
    total: Money,
    /// Each redemption, in the order of the request.
    redemptions: Vec<Redemption>,
}

/// What a payment is discounted by.
#[derive(JsonSchema)]
struct BillingDiscount {
    /// The redemption.
    redemption_id: RedemptionId,
    /// When the payment is due.
    billing_date: NaiveDate,
    /// Whether it is discounted.
    discounted: bool,
    /// By how much.
    discount: Option<PricedDiscount>,
    /// Why it is not.
    reason: Option<Undiscounted>,
    /// The first day that is not discounted any more; null where the discount is for ever.
    ends_on: Option<NaiveDate>,
}

/// Counts.
#[derive(JsonSchema)]
struct Counts {
    /// Unique codes issued.
    issued: i64,
    /// Applications recorded, and changes of their price.
    applied: i64,
    /// Redemptions committed.
    redeemed: i64,
    /// Redemptions given back.
    rolled_back: i64,
    /// Applications abandoned.
    abandoned: i64,
    /// Refused attempts, by reason.
    rejected: BTreeMap<String, i64>,
    /// What the redemptions that stand took off, by currency.
    discount_given: Vec<Money>,
    /// What their orders cost after that, by currency.
    revenue: Vec<Money>,
}

/// The counts of a day.
#[derive(JsonSchema)]
struct Day {
    /// The day, in UTC.
    date: NaiveDate,
    #[schemars(flatten)]
    counts: Counts,
}

/// Counts of all time, and of the days on which there was something to count.
#[derive(JsonSchema)]
struct Statistics {
    #[schemars(flatten)]
    total: Counts,
    /// Oldest first.
    time_series: Vec<Day>,
}

/// What became of a coupon.
#[derive(JsonSchema)]
struct CouponStatistics {
    /// The coupon.
    coupon_id: CouponId,
    #[schemars(flatten)]
    statistics: Statistics,
}

/// A code that is good for one redemption.
#[derive(JsonSchema)]
struct UniqueCode {
    /// The code.
    code: CouponCode,
    /// What it is good for.
    status: CodeStatus,
    /// When it was issued.
    created_at: DateTime<Utc>,
    /// When it was redeemed.
    redeemed_at: Option<DateTime<Utc>>,
    /// By what.
    redemption_id: Option<RedemptionId>,
}

/// What a job does.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum JobType {
    /// Makes unique codes.
    GenerateCodes,
    /// Takes unique codes over from a file.
    ImportCodes,
}

/// A line of a file that a job could not do.
#[derive(JsonSchema)]
struct JobError {
    /// The line, from 1.
    line: i64,
    /// The code.
    code: CouponCode,
    /// What is wrong with it.
    detail: String,
}

/// A job and how far it is.
#[derive(JsonSchema)]
struct Job {
    /// Its id.
    id: JobId,
    /// What it does.
    r#type: JobType,
    /// For which coupon.
    coupon_id: CouponId,
    /// How far it is.
    status: JobStatus,
    /// Why it failed.
    reason: Option<String>,
    /// Codes that it is to issue.
    count: i64,
    /// Codes dealt with.
    done: i64,
    /// Of those, not issued.
    failed: i64,
    /// The first thousand of these.
    errors: Vec<JobError>,
    /// When it was asked for.
    created_at: DateTime<Utc>,
    /// When it went on last.
    updated_at: DateTime<Utc>,
}

/// Whether a redemption stands.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum RedemptionStatus {
    /// It stands.
    Redeemed,
    /// It was given back.
    RolledBack,
}

/// One permitted use, consumed.
#[derive(JsonSchema)]
struct Redemption {
    /// Its id.
    id: RedemptionId,
    /// The coupon.
    coupon_id: CouponId,
    /// Its code.
    code: CouponCode,
    /// The shop's id of the order.
    order_id: String,
    /// Before the discount.
    order_value: Money,
    /// What it took off.
    discount: PricedDiscount,
    /// After the discount.
    total: Money,
    /// Whether it stands.
    status: RedemptionStatus,
    /// When it was committed.
    created_at: DateTime<Utc>,
}

/// A redemption as it is read later.
#[derive(JsonSchema)]
struct RedemptionRecord {
    #[schemars(flatten)]
    redemption: Redemption,
    /// The how-many-eth of the coupon's redemptions it is; null for a moment after the commit.
    redemption_number: Option<i64>,
    /// By whom.
    customer: Option<Customer>,
    /// Where the order came from.
    source: Option<String>,
    /// What it does to the subscription that the order began; null where it began none.
    subscription: Option<Subscription>,
    /// That it was given back; null while it stands.
    rollback: Option<Rollback>,
}

/// A customer as automation sees it.
#[derive(JsonSchema)]
struct Contact {
    /// Its id.
    id: ContactId,
    /// Where mail reaches them.
    email: Option<Email>,
    /// The shop's id.
    customer_id: Option<String>,
    /// First name.
    first_name: Option<String>,
    /// Last name.
    last_name: Option<String>,
    /// A set.
    tags: Vec<String>,
    /// When it was first seen.
    created_at: DateTime<Utc>,
}

/// One run of one workflow version for one event.
#[derive(JsonSchema)]
struct Execution {
    /// Its id.
    id: ExecutionId,
    /// The workflow.
    workflow_id: WorkflowId,
    /// The version that it began with and stays with.
    workflow_version: i64,
    /// The event.
    event_id: EventId,
    /// The event's type.
    event_type: EventType,
    /// For whom.
    contact: Option<ContactId>,
    /// Where it is.
    status: ExecutionStatus,
    /// While it waits: until when.
    wake_at: Option<DateTime<Utc>>,
    /// Every step, done or not.
    steps: Vec<StepRecord>,
    /// When it began.
    created_at: DateTime<Utc>,
    /// The last transition.
    updated_at: DateTime<Utc>,
}

/// What a workflow has beside its document.
#[derive(JsonSchema)]
struct WorkflowState {
    /// Its id.
    id: WorkflowId,
    /// Draft, published or paused.
    status: WorkflowStatus,
    /// The version published last; 0 for a draft.
    version: i64,
    /// When it was created.
    created_at: DateTime<Utc>,
    /// When it changed last.
    updated_at: DateTime<Utc>,
}

/// Liveness.
#[derive(JsonSchema)]
struct Health {
    /// `ok`.
    status: String,
}

/// The schemas of all answers but refusals.
pub(crate) fn schemas() -> Map<String, Value> {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut generator =
        settings.with(|settings| settings.definitions_path = "/components/schemas".into()).into_generator();
    generator.subschema_for::<Coupon>();
    generator.subschema_for::<AppliedCodes>();
    generator.subschema_for::<RedeemedCodes>();
    generator.subschema_for::<BillingDiscount>();
    generator.subschema_for::<CouponStatistics>();
    generator.subschema_for::<Statistics>();
    generator.subschema_for::<Job>();
    generator.subschema_for::<UniqueCode>();
    generator.subschema_for::<Application>();
    generator.subschema_for::<Redemption>();
    generator.subschema_for::<RedemptionRecord>();
    generator.subschema_for::<Contact>();
    generator.subschema_for::<Execution>();
    generator.subschema_for::<WorkflowState>();
    generator.subschema_for::<Health>();
    generator.subschema_for::<FieldError>();
    let mut schemas = generator.take_definitions(true);
    let state = schemas.remove("WorkflowState").unwrap_or_default();
    schemas.insert("Workflow".into(), workflow(&state));
    schemas.insert("Applied".into(), json!({"anyOf": [schema("Application"), schema("AppliedCodes")]}));
    schemas.insert("Redeemed".into(), json!({"anyOf": [schema("Redemption"), schema("RedeemedCodes")]}));
    for listed in ["Coupon", "UniqueCode", "RedemptionRecord", "Workflow", "Execution", "Contact", "Event"] {
        schemas.insert(format!("{listed}Page"), page(listed));
    }
    let document = json!({"type": "object", "required": ["openapi", "info", "paths"], "description": "This document."});
    schemas.insert("Document".into(), document);
    schemas
}

/// The document that its author wrote, with what became of it.
fn workflow(state: &Value) -> Value {
    let mut workflow = requests::workflow::document();
    for member in ["properties", "required"] {
        match (&mut workflow[member], &state[member]) {
            (Value::Object(all), Value::Object(more)) => all.extend(more.clone()),
            (Value::Array(all), Value::Array(more)) => all.extend(more.clone()),
            _ => {}
        }
    }
    workflow["description"] = json!("A workflow: the document as its author wrote it, and what became of it.");
    workflow
}

fn page(of: &str) -> Value {
    json!({
        "type": "object",
        "description": "One page of a list, newest first.",
        "required": ["data", "next_cursor"],
        "properties": {
            "data": {"type": "array", "items": schema(of)},
            "next_cursor": {
                "type": ["string", "null"],
                "description": "The `cursor` of the next page; null on the last. A page may have fewer entries than asked \
                                for, even none, and still not be the last.",
            },
        },
    })
}
