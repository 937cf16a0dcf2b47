//! Redemptions.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

/// Customer of a redemption.
#[derive(Clone, Deserialize)]
pub(crate) struct Customer {
    pub(crate) email: Option<String>,
    pub(crate) id: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
}

impl Customer {
    /// Returns the e-mail address. Without an address, returns the customer id or the name.
    pub(crate) fn label(&self) -> String {
        self.email.clone().or_else(|| self.id.clone()).unwrap_or_else(|| self.name())
    }

    /// Returns the name. Can be empty.
    pub(crate) fn name(&self) -> String {
        let parts = [&self.first_name, &self.last_name].into_iter().filter_map(Option::as_deref);
        parts.collect::<Vec<_>>().join(" ")
    }
}

/// Rollback of a redemption.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Rollback {
    pub(crate) reason: String,
    pub(crate) at: DateTime<Utc>,
    /// Whether the redemption became available again.
    pub(crate) released: bool,
}

/// Redemption with its details.
#[derive(Clone, Deserialize)]
pub(crate) struct Redemption {
    pub(crate) id: String,
    pub(crate) coupon_id: String,
    pub(crate) code: String,
    pub(crate) order_id: String,
    pub(crate) order_value: Value,
    pub(crate) discount: Value,
    pub(crate) total: Value,
    pub(crate) status: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) redemption_number: Option<i64>,
    pub(crate) customer: Option<Customer>,
    pub(crate) source: Option<String>,
    pub(crate) rollback: Option<Rollback>,
}
