//! Tenants.

pub mod tenant;
