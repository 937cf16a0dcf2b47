//! Contacts.

use chrono::{DateTime, Utc};
use serde::Deserialize;

/// Consent of a contact.
#[derive(Clone, Deserialize)]
pub(crate) struct Consent {
    pub(crate) email: String,
}

/// Contact.
#[derive(Clone, Deserialize)]
pub(crate) struct Contact {
    pub(crate) id: String,
    pub(crate) email: Option<String>,
    pub(crate) customer_id: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) verified: bool,
    pub(crate) tags: Vec<String>,
    pub(crate) lists: Vec<String>,
    pub(crate) time_zone: Option<String>,
    pub(crate) locale: Option<String>,
    pub(crate) consent: Consent,
    pub(crate) created_at: DateTime<Utc>,
}

impl Contact {
    /// Returns the name. Without a name, returns the e-mail address or the customer id.
    pub(crate) fn label(&self) -> String {
        let parts = [&self.first_name, &self.last_name].into_iter().filter_map(Option::as_deref);
        let name = parts.collect::<Vec<_>>().join(" ");
        if name.is_empty() { self.email.clone().or_else(|| self.customer_id.clone()).unwrap_or_default() } else { name }
    }
}
