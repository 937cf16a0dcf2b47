//! The OpenAPI document of this API, which `couponflow-openapi` makes and tests hold to the code.

use serde_json::Value;

/// The document, as `GET /openapi.json` answers it.
pub fn document() -> Value {
    serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/openapi.json"))).unwrap_or_default()
}
