//! Use cases of couponflow, written against ports (traits that adapters implement).
//!
//! Every room has its use cases and the ports that they need. A store handle belongs to one tenant and can't address
//! another tenant's items; what tenants share (keys, timers, the bus) has ports of its own.
//!
//! Each use case takes only the ports that it needs. None depends on AWS, HTTP or Lambda types. A business "no" is a
//! [`Rejection`](couponflow_domain::purchases::rejection::Rejection) inside `Ok`, never an error.
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
