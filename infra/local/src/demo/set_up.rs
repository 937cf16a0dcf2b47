//! The coupons and workflows of the demonstration.

use chrono::{DateTime, SecondsFormat, Utc};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::api::Api;
use super::{Context, Mismatch};

pub(super) const ADMIN: &str = "admin@example.com";
pub(super) const MARKETING: &str = "marketing@example.com";

/// Ids of the coupons and workflows that the scenarios use.
pub(super) struct Fixtures {
    pub(super) flash20: String,
    pub(super) beta50: String,
    pub(super) beta25: String,
    pub(super) welcome: String,
    pub(super) last_one: String,
    pub(super) early_bird: String,
    pub(super) early_bird_expires_at: DateTime<Utc>,
    pub(super) member_workflow: String,
    pub(super) upsell_workflow: String,
    pub(super) beta_workflow: String,
}

impl Fixtures {
    /// Creates the coupons and workflows, and publishes the workflows.
    ///
    /// # Errors
    /// Returns an error if a request fails.
    pub(super) async fn create(context: &mut Context<'_>, expires_at: DateTime<Utc>) -> Result<Self, Mismatch> {
        context.printer.heading("Setting up coupons and workflows through the API");
        let operator = &context.operator;
        let expiry = expires_at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let early_bird = coupon(operator, "EARLYBIRD25", "Early bird", 25, json!({ "expires_at": expiry })).await?;
        let flash20 = coupon(operator, "FLASH20", "Flash sale", 20, json!({})).await?;
        coupon(operator, "MEMBER20", "New members", 20, json!({})).await?;
        let beta25 = coupon(operator, "BETA25", "Beta backup", 25, json!({})).await?;
        operator.post(&format!("/v1/coupons/{beta25}/pause"), &json!({}), StatusCode::OK).await?;
        let beta50_terms = json!({ "max_redemptions": 100, "backup_coupon_id": beta25 });
        let beta50 = coupon(operator, "BETA50", "Beta launch", 50, beta50_terms).await?;

        let welcome = coupon(operator, "WELCOME", "First order", 10, json!({"code_type": "unique"})).await?;
        let last_one = coupon(operator, "LAST1", "The last one", 30, json!({"max_redemptions": 1})).await?;

        let upsell_workflow = publish(operator, &upsell()).await?;
        let member_workflow = publish(operator, &member(&upsell_workflow)).await?;
        let beta_workflow = publish(operator, &beta()).await?;

        for line in [
            "coupons    MEMBER20, FLASH20, BETA50 (limit 100, backup BETA25)",
            "           LAST1 (limit 1), WELCOME (unique codes)",
            &format!("           EARLYBIRD25 (expires at {})", expires_at.format("%H:%M:%S UTC")),
            "workflows  “Member welcome”, when MEMBER20 is redeemed",
            "           “Annual plan upsell”, started by “Member welcome”",
            "           “Beta is full”, when BETA50 reaches its limit",
        ] {
            context.printer.line(line);
        }
        Ok(Self {
            flash20,
            beta50,
            beta25,
            welcome,
            last_one,
            early_bird,
            early_bird_expires_at: expires_at,
            member_workflow,
            upsell_workflow,
            beta_workflow,
        })
    }
}

/// Lists the existing coupons.
///
/// # Errors
/// Returns an error if the list cannot be read.
pub(super) async fn coupons(operator: &Api) -> Result<Vec<Value>, Mismatch> {
    operator.list("/v1/coupons?limit=100").await
}

/// Builds an order with one line that costs `unit_amount` US cents.
pub(super) fn order(id: &str, unit_amount: u64) -> Value {
    json!({
        "id": id,
        "currency": "USD",
        "lines": [{
            "product_id": "prod_plan", "collection_ids": [], "product_type": "one_time",
            "quantity": 1, "unit_amount": unit_amount
        }]
    })
}

/// Builds the request body of apply and redeem.
pub(super) fn purchase_body(code: &str, email: &str, first_name: &str, order: &Value) -> Value {
    json!({ "code": code, "customer": { "email": email, "first_name": first_name }, "order": order })
}

async fn coupon(operator: &Api, code: &str, name: &str, percent_off: u8, terms: Value) -> Result<String, Mismatch> {
    let mut body = json!({
        "code": code, "name": name, "discount": { "type": "percentage", "percent_off": percent_off }
    });
    if let (Some(body), Value::Object(terms)) = (body.as_object_mut(), terms) {
        body.extend(terms);
    }
    id_of(operator.post("/v1/coupons", &body, StatusCode::CREATED).await?)
}

async fn publish(operator: &Api, workflow: &Value) -> Result<String, Mismatch> {
    let id = id_of(operator.post("/v1/workflows", workflow, StatusCode::CREATED).await?)?;
    operator.post(&format!("/v1/workflows/{id}/publish"), &json!({}), StatusCode::OK).await?;
    Ok(id)
}

fn id_of(created: Value) -> Result<String, Mismatch> {
    created["id"]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| Mismatch { expected: "the id of the created resource".into(), actual: format!("{created}") })
}

fn member(upsell_workflow: &str) -> Value {
    json!({
        "name": "Member welcome",
        "trigger": { "type": "coupon_redeemed", "filters": [
            { "field": "coupon_code", "operator": "is", "value": ["MEMBER20"] }
        ]},
        "steps": [
            { "id": "tag", "type": "add_tag", "tag": "Member20-Used" },
            { "id": "welcome", "type": "send_email", "subject": "Welcome, {{customer.first_name|default('member')}}",
              "html": "<p>Thank you for joining with {{coupon.code}}. Your bonus content is waiting.</p>" },
            { "id": "tell", "type": "notify", "channel": "email", "to": [ADMIN],
              "subject": "{{coupon.code}} was redeemed", "text": "A new member joined with {{coupon.code}}." },
            { "id": "upsell", "type": "start_workflow", "workflow_id": upsell_workflow }
        ]
    })
}

fn upsell() -> Value {
    json!({
        "name": "Annual plan upsell",
        "trigger": { "type": "manual" },
        "steps": [
            { "id": "offer", "type": "send_email", "subject": "{{customer.first_name|default('Hello')}}, meet the \
                annual plan",
              "html": "<p>Twelve months for the price of ten.</p>" },
            { "id": "pause", "type": "wait", "for": "PT20S" },
            { "id": "remind", "type": "send_email", "subject": "Last call for the annual plan",
              "html": "<p>{{customer.first_name|default('Hello')}}, the offer ends tonight.</p>" }
        ]
    })
}

fn beta() -> Value {
    json!({
        "name": "Beta is full",
        "trigger": { "type": "coupon_limit_reached", "filters": [
            { "field": "coupon_code", "operator": "is", "value": ["BETA50"] }
        ]},
        "steps": [
            { "id": "stop", "type": "pause_coupon" },
            { "id": "tell", "type": "notify", "channel": "email", "to": [MARKETING],
              "subject": "{{coupon.code}} is used up", "text": "Every redemption of {{coupon.code}} is taken." },
            { "id": "replace", "type": "replace_with_backup_coupon" }
        ]
    })
}
