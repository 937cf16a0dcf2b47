//! The OpenAPI document and the health check.

use serde_json::json;

use crate::operation_doc::OperationDoc;
use crate::tags;

pub(crate) fn document() -> OperationDoc {
    let example = json!({"openapi": "3.1.0", "info": {"title": "couponflow", "version": "0.1.0"}, "paths": {}});
    OperationDoc::new(tags::SERVICE, "Read this document", 200, "Document", example)
}

pub(crate) fn health() -> OperationDoc {
    OperationDoc::new(tags::SERVICE, "Check that the API is up", 200, "Health", json!({"status": "ok"}))
}
