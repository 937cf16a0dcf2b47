//! Response schemas of webhook signing secrets.
#![expect(dead_code, reason = "only the schemas of these types are used; no value is created")]

use chrono::{DateTime, Utc};
use couponflow_domain::kernel::ids::SigningSecretId;
use schemars::JsonSchema;

/// A signing secret for webhooks, without the secret value.
#[derive(JsonSchema)]
pub(super) struct WebhookSecret {
    /// Id of the signing secret.
    id: SigningSecretId,
    /// Creation time.
    created_at: DateTime<Utc>,
    /// Time at which the secret becomes invalid. Null for the newest secret.
    valid_until: Option<DateTime<Utc>>,
}

/// A new signing secret for webhooks, with the secret value.
#[derive(JsonSchema)]
pub(super) struct NewWebhookSecret {
    #[serde(flatten)]
    known: WebhookSecret,
    /// The secret value: `whsec_` followed by base64. Receivers verify signatures with this value.
    secret: String,
}
