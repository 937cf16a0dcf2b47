//! Stored form of a tenant: its state, secret and settings.

use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::delivery::mail::Sender;
use couponflow_domain::kernel::counters::Revision;
use couponflow_domain::purchases::customer::Email;
use couponflow_domain::tenants::deletion::Deletion;
use couponflow_domain::tenants::profile::{TenantProfile, TenantState};
use couponflow_domain::tenants::quota::Quotas;
use couponflow_domain::tenants::rate_limit::RateLimits;
use couponflow_domain::tenants::retention::Retention;
use couponflow_domain::tenants::secret::TenantSecret;
use couponflow_domain::tenants::settings::TenantSettings;
use serde::{Deserialize, Serialize};

use super::stored_deletion::StoredDeletion;
use super::stored_quotas::StoredQuotas;
use super::stored_rate_limits::StoredRateLimits;
use super::stored_retention::StoredRetention;
use crate::dynamo::engine::item::{Stored, is_zero};
use crate::failure::failed;

/// Item of a tenant. Items that earlier versions of couponflow stored have neither a state nor a secret.
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quotas: Option<StoredQuotas>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retention: Option<StoredRetention>,
    /// Number of changes of the API keys.
    #[serde(default, skip_serializing_if = "is_zero")]
    keys_revision: i64,
    /// Set if the data of the tenant is being deleted or is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deletion: Option<StoredDeletion>,
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
            quotas: None,
            retention: None,
            keys_revision: 0,
            deletion: None,
        }
    }

    /// Returns the state of the tenant.
    pub(crate) fn state(&self) -> TenantState {
        self.state.map_or(TenantState::Active, TenantState::from)
    }

    /// Returns the progress of the deletion.
    pub(crate) fn deletion(&self) -> Option<Deletion> {
        self.deletion.clone().map(Deletion::from)
    }

    /// Returns the item of the tenant during and after the deletion of its data. The item has no settings.
    pub(crate) fn deleted(&self, secret: &TenantSecret, deletion: &Deletion, now: DateTime<Utc>) -> Self {
        Self {
            created_at_ms: self.created_at_ms,
            state: Some(StoredState::Deleted),
            deletion: Some(deletion.clone().into()),
            ..Self::new(secret, now)
        }
    }

    /// Returns the attribute with the progress of the deletion.
    pub(crate) fn deletion_attribute(deletion: &Deletion, doing: &'static str) -> Result<AttributeValue, StoreError> {
        let stored = StoredDeletion::from(deletion.clone());
        serde_dynamo::to_attribute_value(stored).map_err(|error| failed(doing)(Box::new(error)))
    }

    /// Returns the number of changes of the API keys.
    pub(crate) fn keys_revision(&self) -> Revision {
        Revision::new(self.keys_revision)
    }

    /// Converts the item to a profile. `None` if the item has no secret.
    pub(crate) fn profile(self, doing: &'static str) -> Result<Option<TenantProfile>, StoreError> {
        let Some(secret) = &self.secret else { return Ok(None) };
        let secret = TenantSecret::parse(secret).map_err(|error| StoreError::damaged(doing, error))?;
        let state = self.state();
        let settings = TenantSettings {
            sender: self.sender.map(Sender::from),
            rate_limits: self.rate_limits.map(RateLimits::from),
            quotas: self.quotas.map(Quotas::from),
            retention: self.retention.map(Retention::from),
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
    Deleted,
}

impl From<TenantState> for StoredState {
    fn from(state: TenantState) -> Self {
        match state {
            TenantState::Active => Self::Active,
            TenantState::Suspended => Self::Suspended,
            TenantState::Deleted => Self::Deleted,
        }
    }
}

impl From<StoredState> for TenantState {
    fn from(stored: StoredState) -> Self {
        match stored {
            StoredState::Active => Self::Active,
            StoredState::Suspended => Self::Suspended,
            StoredState::Deleted => Self::Deleted,
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
