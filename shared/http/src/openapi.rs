//! OpenAPI document of the API. `couponflow-openapi` generates it, and tests compare it with the code.

use serde_json::Value;

/// Returns the document that `GET /openapi.json` serves; null if it can't be parsed.
pub fn document() -> Value {
    serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/openapi.json"))).unwrap_or_default()
}
