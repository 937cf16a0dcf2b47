//! Request schemas of the steps of a workflow. Each action has its own schemas; this file makes components of them.

use couponflow_domain::automation::actions::StepKind;
use serde_json::{Map, Value, json};

use super::{coupon, time_window};
use couponflow_http::doc::reference::schema;

/// Builds one schema for each form of a step, `StepInput` for a step of any form, and the schemas that steps refer to.
pub(super) fn schemas() -> Map<String, Value> {
    let forms = StepKind::IN_DOCUMENTS.iter().flat_map(|kind| kind.schemas());
    let mut schemas: Map<String, Value> =
        forms.map(|form| (form["title"].as_str().unwrap_or_default().to_owned(), form)).collect();
    let any: Vec<Value> = schemas.keys().map(|name| schema(name)).collect();
    schemas.insert("StepInput".to_owned(), json!({"anyOf": any}));
    schemas.insert("GeneratedCouponInput".to_owned(), coupon::generated_coupon_terms());
    schemas.insert("TimeWindow".to_owned(), time_window::window());
    schemas
}
