//! The endpoints of the API, grouped as in the other crates: one module per area of the domain.

pub(crate) mod automation;
pub(crate) mod contacts;
pub(crate) mod coupons;
pub(crate) mod delivery;
pub(crate) mod events;
pub(crate) mod purchases;
pub(crate) mod tenants;
pub(crate) mod timers;
