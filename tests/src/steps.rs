//! Steps of workflows that tests publish.

use serde_json::{Value, json};

/// Writes to the contact; the subject is the step's id.
pub fn mail(id: &str) -> Value {
    json!({"id": id, "type": "send_email", "subject": id, "text": "Hello"})
}

/// Gives the contact a tag, which is the step's id.
pub fn tag(id: &str) -> Value {
    json!({"id": id, "type": "add_tag", "tag": id})
}
