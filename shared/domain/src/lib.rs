//! Domain model of couponflow: coupons and their codes, pricing, apply and redeem decisions, contacts, and workflows.
//!
//! This crate is pure: it does no I/O and uses no AWS type. The current time (`now`) and random
//! bits are arguments. The crate's `clippy.toml` bans functions that read the clock or draw random
//! numbers. The same inputs therefore always yield the same decision.
//!
//! Types derive `Serialize` for the API, for events on the bus and for operator commands. Stored items have structs of
//! their own in `couponflow-aws`. `Deserialize` is derived for events, for templates and delivery events that are read,
//! and for values with one text form (ids, codes, names of variants), which stored items contain as they are.

pub mod automation;
pub mod contacts;
pub mod coupons;
pub mod delivery;
pub mod events;
pub mod kernel;
pub mod purchases;
pub mod tenants;
pub mod timers;
