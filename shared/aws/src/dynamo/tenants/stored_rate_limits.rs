//! Stored form of a tenant's rate limits.

use couponflow_domain::tenants::rate_limit::{RateLimit, RateLimits};
use serde::{Deserialize, Serialize};

/// Stored form of [`RateLimits`]. A missing limit has its default.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredRateLimits {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    storefront_key: Option<StoredRateLimit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    storefront_address: Option<StoredRateLimit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    storefront_customer: Option<StoredRateLimit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    server_key: Option<StoredRateLimit>,
}

/// Stored form of [`RateLimit`].
#[derive(Debug, Serialize, Deserialize)]
struct StoredRateLimit {
    capacity: u32,
    per_minute: u32,
}

impl From<RateLimits> for StoredRateLimits {
    fn from(limits: RateLimits) -> Self {
        let RateLimits { storefront_key, storefront_address, storefront_customer, server_key } = limits;
        let stored = |limit: Option<RateLimit>| {
            limit.map(|RateLimit { capacity, per_minute }| StoredRateLimit { capacity, per_minute })
        };
        Self {
            storefront_key: stored(storefront_key),
            storefront_address: stored(storefront_address),
            storefront_customer: stored(storefront_customer),
            server_key: stored(server_key),
        }
    }
}

impl From<StoredRateLimits> for RateLimits {
    fn from(stored: StoredRateLimits) -> Self {
        let StoredRateLimits { storefront_key, storefront_address, storefront_customer, server_key } = stored;
        let limit = |stored: Option<StoredRateLimit>| {
            stored.map(|StoredRateLimit { capacity, per_minute }| RateLimit { capacity, per_minute })
        };
        Self {
            storefront_key: limit(storefront_key),
            storefront_address: limit(storefront_address),
            storefront_customer: limit(storefront_customer),
            server_key: limit(server_key),
        }
    }
}
