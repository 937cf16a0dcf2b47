//! Stored form of a contact's consent.

use chrono::{DateTime, Utc};
use couponflow_domain::contacts::contact::{Consent, ConsentState};
use serde::{Deserialize, Serialize};

/// Stored form of [`Consent`].
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct StoredConsent {
    email: ConsentState,
    changed_at: Option<DateTime<Utc>>,
    source: Option<String>,
}

impl From<Consent> for StoredConsent {
    fn from(consent: Consent) -> Self {
        let Consent { email, changed_at, source } = consent;
        Self { email, changed_at, source }
    }
}

impl From<StoredConsent> for Consent {
    fn from(stored: StoredConsent) -> Self {
        let StoredConsent { email, changed_at, source } = stored;
        Self { email, changed_at, source }
    }
}
