//! The OpenAPI document of all functions.

use serde_json::Value;

/// Assembles the document from the operations of the functions.
pub fn document() -> Value {
    let single = [apply::documented_operation(), redeem::documented_operation()];
    couponflow_openapi::document(single.into_iter().chain(api::documented_operations()))
}
