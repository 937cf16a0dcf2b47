//! Views of webhook signing secrets.

use couponflow_domain::delivery::webhook::SigningSecret;
use serde_json::{Value, json};

/// Returns the id and the validity of a webhook signing secret, without the secret itself.
pub fn signing_secret(secret: &SigningSecret) -> Value {
    json!({"id": secret.id, "created_at": secret.created_at, "valid_until": secret.valid_until})
}

/// Returns a new webhook signing secret, including the secret itself. Only the answer to the
/// request that creates a secret contains the secret.
pub fn new_signing_secret(secret: &SigningSecret) -> Value {
    let mut view = signing_secret(secret);
    view["secret"] = json!(secret.reveal());
    view
}
