//! Workflow steps for tests.

use serde_json::{Value, json};

/// Builds a `send_email` step whose subject is its id.
pub fn mail(id: &str) -> Value {
    json!({"id": id, "type": "send_email", "subject": id, "text": "Hello"})
}

/// Builds an `add_tag` step whose tag is its id.
pub fn tag(id: &str) -> Value {
    json!({"id": id, "type": "add_tag", "tag": id})
}
