//! Tenants, API keys, and requests with an idempotency key.

pub(crate) mod api_keys;
pub(crate) mod audit_log;
mod deletion;
pub(crate) mod idempotency;
mod key_ring;
mod port;
pub(crate) mod profile_cache;
pub(crate) mod profiles;
pub(crate) mod rate_limits;
pub(crate) mod sessions;
mod stored_deletion;
pub(crate) mod stored_key;
mod stored_quotas;
pub(crate) mod stored_rate_limits;
pub(crate) mod stored_retention;
pub(crate) mod stored_tenant;
pub(crate) mod usage;
