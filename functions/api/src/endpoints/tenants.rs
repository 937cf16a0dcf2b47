//! Tenants and their settings, for operators.

pub(crate) mod bootstrap;
pub(crate) mod tenant_settings;
