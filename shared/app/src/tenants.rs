//! Tenants, API keys, and idempotency of requests.

pub mod delete;
pub mod idempotency;
pub mod keys;
pub mod ports;
pub mod rate_limiter;
pub mod sessions;
