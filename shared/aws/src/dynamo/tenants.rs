//! Tenants, API keys, and requests with an idempotency key.

pub(crate) mod api_keys;
pub(crate) mod idempotency;
