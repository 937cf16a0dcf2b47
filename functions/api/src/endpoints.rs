//! The endpoints, by room.

pub(crate) mod automation;
pub(crate) mod contacts;
pub(crate) mod coupons;
pub(crate) mod delivery;
pub(crate) mod events;
pub(crate) mod purchases;
pub(crate) mod tenants;
pub(crate) mod timers;
