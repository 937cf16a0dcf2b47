//! The OpenAPI document and the health check.

use serde_json::json;

use crate::entry::Entry;

const TAG: &str = "Service";

pub(crate) fn document() -> Entry {
    let example = json!({"openapi": "3.1.0", "info": {"title": "couponflow", "version": "0.1.0"}, "paths": {}});
    Entry::new(TAG, "Read this document", 200, "Document", example)
}

pub(crate) fn health() -> Entry {
    Entry::new(TAG, "Check that the API is up", 200, "Health", json!({"status": "ok"}))
}
