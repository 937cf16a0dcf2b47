//! Use cases of couponflow, written against ports (traits that adapters implement).
//!
//! Each module contains use cases and the ports that they need. A store handle implements the
//! storage ports for one tenant, and cannot address another tenant's items. Resources that all
//! tenants share (API keys, timers, the event bus) have separate ports.
//!
//! Each use case takes only the ports that it needs. No use case depends on AWS, HTTP or Lambda types. A rejected
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
