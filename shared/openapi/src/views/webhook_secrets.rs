//! The secrets that webhooks are signed with.
#![expect(dead_code, reason = "described, never made")]

use chrono::{DateTime, Utc};
use couponflow_domain::ids::SigningSecretId;
use schemars::JsonSchema;

/// A secret that webhooks are signed with, all but the secret itself.
#[derive(JsonSchema)]
pub(super) struct WebhookSecret {
    /// Its id.
    id: SigningSecretId,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// Until when it is valid; null while no other has taken its place.
    valid_until: Option<DateTime<Utc>>,
}

/// A secret that webhooks are signed with, when it is made.
#[derive(JsonSchema)]
pub(super) struct NewWebhookSecret {
    #[serde(flatten)]
    known: WebhookSecret,
    /// For the receivers to check signatures with: `whsec_` and base64.
    secret: String,
}
