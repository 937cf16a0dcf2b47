//! Stored form of a tenant: its state, secret and settings.

use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::delivery::mail::Sender;
use couponflow_domain::purchases::customer::Email;
use couponflow_domain::tenants::profile::{TenantProfile, TenantState};
use couponflow_domain::tenants::rate_limit::RateLimits;
use couponflow_domain::tenants::secret::TenantSecret;
use couponflow_domain::tenants::settings::TenantSettings;
use serde::{Deserialize, Serialize};

use super::stored_rate_limits::StoredRateLimits;
use crate::dynamo::engine::item::{Stored, is_zero};

/// Item of a tenant. Items of earlier versions have neither a state nor a secret.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredTenant {
    /// Missing in an item that only stores the secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_at_ms: Option<i64>,
    /// Missing means active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<StoredState>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sender: Option<StoredSender>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate_limits: Option<StoredRateLimits>,
    /// Number of changes of the API keys.
    #[serde(default, skip_serializing_if = "is_zero")]
    keys_revision: i64,
}

impl Stored for StoredTenant {
    const KIND: &'static str = "TENANT";
}

impl StoredTenant {
    /// Creates the item of a new tenant.
    pub(crate) fn new(secret: &TenantSecret, now: DateTime<Utc>) -> Self {
        let created_at_ms = Some(now.timestamp_millis());
        Self {
            created_at_ms,
            state: None,
            secret: Some(secret.reveal()),
            sender: None,
            rate_limits: None,
            keys_revision: 0,
        }
    }

    /// Returns the number of changes of the API keys.
    pub(crate) fn keys_revision(&self) -> i64 {
        self.keys_revision
    }

    /// Converts the item to a profile. `None` if the item has no secret.
    pub(crate) fn profile(self, doing: &'static str) -> Result<Option<TenantProfile>, StoreError> {
        let Some(secret) = self.secret else { return Ok(None) };
        let secret = TenantSecret::parse(&secret).map_err(|error| StoreError::damaged(doing, error))?;
        let state = self.state.map_or(TenantState::Active, TenantState::from);
        let settings = TenantSettings {
            sender: self.sender.map(Sender::from),
            rate_limits: self.rate_limits.map(RateLimits::from),
        };
        Ok(Some(TenantProfile { state, secret, settings }))
    }
}

/// Stored form of [`TenantState`].
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StoredState {
    Active,
    Suspended,
}

impl From<TenantState> for StoredState {
    fn from(state: TenantState) -> Self {
        match state {
            TenantState::Active => Self::Active,
            TenantState::Suspended => Self::Suspended,
        }
    }
}

impl From<StoredState> for TenantState {
    fn from(stored: StoredState) -> Self {
        match stored {
            StoredState::Active => Self::Active,
            StoredState::Suspended => Self::Suspended,
        }
    }
}

/// Stored form of [`Sender`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredSender {
    email: Email,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<Email>,
}

impl From<Sender> for StoredSender {
    fn from(sender: Sender) -> Self {
        let Sender { email, name, reply_to } = sender;
        Self { email, name, reply_to }
    }
}

impl From<StoredSender> for Sender {
    fn from(stored: StoredSender) -> Self {
        let StoredSender { email, name, reply_to } = stored;
        Self { email, name, reply_to }
    }
}
