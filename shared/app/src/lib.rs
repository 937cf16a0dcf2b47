//! Use cases of couponflow, written against ports (traits that adapters implement).
//!
//! Each module is a room: one capability, with the same name in every layer. The store of a room is one port. A store
//! handle implements these ports for one tenant, and cannot address another tenant's items. What all tenants share (API
//! keys, timers) and what tests replace (the clock, random numbers, the event bus, the timer queue, outgoing calls) has
//! ports of its own.
//!
//! Each use case names the rooms that it uses. No use case depends on AWS, HTTP or Lambda types. A rejected
//! request is a [`Rejection`](couponflow_domain::purchases::rejection::Rejection) inside `Ok`, never an error.
#![allow(async_fn_in_trait, reason = "each future is awaited on one task and never spawned, so it need not be Send")]

pub mod automation;
pub mod contacts;
pub mod coupons;
pub mod delivery;
pub mod events;
pub mod kernel;
pub mod purchases;
pub mod tenants;
pub mod timers;
