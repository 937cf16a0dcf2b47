//! The use cases of couponflow, over ports.
//!
//! Each takes the ports it needs and nothing more; none knows AWS, HTTP or Lambda. A business "no" is a
//! [`Rejection`](couponflow_domain::rejection::Rejection) in the `Ok` of a result, never an error.
#![allow(async_fn_in_trait, reason = "one task drives each use case and nothing is spawned, so no future need be Send")]

pub mod apply;
pub mod billing;
pub mod cache;
pub mod code_rejection;
mod code_request;
pub mod contacts;
pub mod dry_run;
pub mod edit;
pub mod error;
pub mod execute;
pub mod expiry_scan;
pub mod guard;
pub mod jobs;
pub mod mail;
pub mod mail_events;
pub mod outbound;
pub mod overdue;
pub mod ports;
pub mod preview;
pub mod redeem;
pub mod relay;
pub mod roll_back;
pub mod timers;
