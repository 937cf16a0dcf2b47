//! Signing secrets of webhooks.

use chrono::{DateTime, Utc};
use couponflow_domain::delivery::webhook::SigningSecret;
use couponflow_domain::kernel::ids::SigningSecretId;
use schemars::JsonSchema;
use serde::Serialize;

/// A signing secret for webhooks, without the secret value.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WebhookSecret {
    /// Id of the signing secret.
    id: SigningSecretId,
    /// Creation time.
    created_at: DateTime<Utc>,
    /// Time until which webhooks are signed with the secret. Null for the newest secret.
    valid_until: Option<DateTime<Utc>>,
}

impl From<&SigningSecret> for WebhookSecret {
    fn from(secret: &SigningSecret) -> Self {
        Self { id: secret.id.clone(), created_at: secret.created_at, valid_until: secret.valid_until }
    }
}

/// A new signing secret for webhooks, with the secret value.
// No `Debug`, because it would print the secret.
#[derive(Serialize, JsonSchema)]
pub struct NewWebhookSecret {
    #[serde(flatten)]
    known: WebhookSecret,
    /// The secret value: `whsec_` followed by base64. Receivers verify signatures with this value. Null in the response
    /// to a repeated request with the same `Idempotency-Key`.
    secret: Option<String>,
}

impl From<&SigningSecret> for NewWebhookSecret {
    fn from(secret: &SigningSecret) -> Self {
        Self { known: secret.into(), secret: Some(secret.reveal()) }
    }
}
