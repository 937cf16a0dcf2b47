//! Keys of tenants and idempotent requests.

pub(crate) mod api_keys;
pub(crate) mod idempotency;
