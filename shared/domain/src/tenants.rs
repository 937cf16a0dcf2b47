//! Tenants: the shops that use couponflow.

pub mod profile;
pub mod secret;
pub mod settings;
pub mod tenant;
