//! Use cases of couponflow, written against ports (traits that adapters implement).
//!
//! Each use case takes only the ports that it needs. None depends on AWS, HTTP or Lambda types. A business "no" is a
//! [`Rejection`](couponflow_domain::purchases::rejection::Rejection) inside `Ok`, never an error.
#![allow(async_fn_in_trait, reason = "each future is awaited on one task and never spawned, so it need not be Send")]

pub mod apply;
pub mod backup_coupon;
pub mod billing;
pub mod cache;
pub mod code_rejection;
mod code_request;
pub mod contacts;
pub mod create_coupon;
pub mod dry_run;
pub mod edit;
pub mod error;
pub mod execute;
pub mod expiry_scan;
pub mod guard;
pub mod jobs;
pub mod mail;
pub mod mail_events;
pub mod numbered_redemption;
pub mod outbound;
pub mod overdue;
pub mod ports;
pub mod preview;
pub mod redeem;
pub mod relay;
pub mod replay;
pub mod roll_back;
pub mod timers;
pub mod workflow_check;
pub mod workflow_template;
