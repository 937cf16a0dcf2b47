//! OpenAPI document of the API. The crate `couponflow-openapi` generates the document. A contract
//! test checks that the committed document equals the generated document.

use serde_json::Value;

/// Returns the document that `GET /openapi.json` serves. Returns null if the document cannot be
/// parsed.
pub fn document() -> Value {
    serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/openapi.json"))).unwrap_or_default()
}
