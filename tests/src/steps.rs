//! Workflow steps for tests.

use serde_json::{Value, json};

/// A `send_email` step whose subject is its id.
pub fn mail(id: &str) -> Value {
    json!({"id": id, "type": "send_email", "subject": id, "text": "Hello"})
}

/// An `add_tag` step whose tag is its id.
pub fn tag(id: &str) -> Value {
    json!({"id": id, "type": "add_tag", "tag": id})
}
