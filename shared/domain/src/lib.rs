//! Domain model of couponflow: coupons and their codes, pricing, apply and redeem decisions, contacts, and workflows.
//!
//! This crate is pure: `now` and random bits are arguments, and there is no I/O and no AWS type. The crate's
//! `clippy.toml` bans clock and random functions. Every decision can therefore be tested as a table and replayed from
//! its inputs.

pub mod automation;
pub mod contacts;
pub mod coupons;
pub mod delivery;
pub mod events;
pub mod kernel;
pub mod purchases;
pub mod tenants;
pub mod timers;
