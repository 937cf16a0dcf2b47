//! Signing secrets of webhooks.

use couponflow_domain::delivery::webhook::SigningSecret;
use serde_json::{Value, json};

/// Represents a webhook signing secret without the secret itself.
pub fn signing_secret(secret: &SigningSecret) -> Value {
    json!({"id": secret.id, "created_at": secret.created_at, "valid_until": secret.valid_until})
}

/// Represents a new webhook signing secret with the secret itself, which is shown once.
pub fn new_signing_secret(secret: &SigningSecret) -> Value {
    let mut view = signing_secret(secret);
    view["secret"] = json!(secret.reveal());
    view
}
