//! Schemas of responses. `couponflow_http::view` builds the responses. Tests check the responses
//! against these schemas.

mod automation;
mod coupons;
mod purchases;
mod templates;
mod webhook_secrets;

use couponflow_app::automation::dry_run::DryRun;
use couponflow_domain::automation::workflow_template::WorkflowTemplate;
use couponflow_domain::kernel::input::FieldError;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use automation::{Contact, Execution, Health, Replay, Suppression, Triggers, WorkflowState, WorkflowVersion};
use coupons::{Coupon, CouponStatistics, Job, Statistics, UniqueCode};
use purchases::{Application, AppliedCodes, BillingDiscount, RedeemedCodes, Redemption, RedemptionRecord};
use templates::RenderedTemplates;
use webhook_secrets::{NewWebhookSecret, WebhookSecret};

use crate::reference::schema;
use crate::{list_page, requests};

/// Builds the schemas of all responses except problems.
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
    generator.subschema_for::<Suppression>();
    generator.subschema_for::<Execution>();
    generator.subschema_for::<WorkflowState>();
    generator.subschema_for::<WorkflowVersion>();
    generator.subschema_for::<Replay>();
    generator.subschema_for::<DryRun>();
    generator.subschema_for::<WorkflowTemplate>();
    generator.subschema_for::<Triggers>();
    generator.subschema_for::<WebhookSecret>();
    generator.subschema_for::<NewWebhookSecret>();
    generator.subschema_for::<RenderedTemplates>();
    generator.subschema_for::<Health>();
    generator.subschema_for::<FieldError>();
    let mut schemas = generator.take_definitions(true);
    let state = schemas.remove("WorkflowState").unwrap_or_default();
    schemas.insert("Workflow".into(), workflow(&state));
    schemas.insert("Applied".into(), json!({"anyOf": [schema("Application"), schema("AppliedCodes")]}));
    schemas.insert("Redeemed".into(), json!({"anyOf": [schema("Redemption"), schema("RedeemedCodes")]}));
    let listed = [
        "Coupon",
        "UniqueCode",
        "RedemptionRecord",
        "Workflow",
        "WorkflowVersion",
        "WorkflowTemplate",
        "DryRun",
        "Replay",
        "Execution",
        "Contact",
        "WebhookSecret",
        "Event",
    ];
    for listed in listed {
        schemas.insert(format!("{listed}Page"), list_page::schema(listed));
    }
    let document =
        json!({"type": "object", "required": ["openapi", "info", "paths"], "description": "This OpenAPI document."});
    schemas.insert("Document".into(), document);
    schemas
}

/// Builds the schema of a workflow response, which has the members of the workflow document and the
/// members of `WorkflowState`.
fn workflow(state: &Value) -> Value {
    let mut workflow = requests::workflow::document();
    for member in ["properties", "required"] {
        match (&mut workflow[member], &state[member]) {
            (Value::Object(all), Value::Object(more)) => all.extend(more.clone()),
            (Value::Array(all), Value::Array(more)) => all.extend(more.clone()),
            _ => {}
        }
    }
    workflow["description"] = json!("A workflow: the members of the saved document, and the state of the workflow.");
    workflow
}
