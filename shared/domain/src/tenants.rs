//! Tenants: the shops that use couponflow.

pub mod tenant;
