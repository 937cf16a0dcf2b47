//! The domain of couponflow: what a coupon is, when a code may be applied or redeemed, what each costs an order, and
//! what a workflow does about it.
//!
//! Everything here is pure. `now` and random bits are arguments, there is no I/O and no AWS type (the crate's
//! `clippy.toml` bans them), so each decision can be tested as a table and replayed from its inputs.

pub mod admission;
pub mod audience;
pub mod code;
pub mod contact;
pub mod coupon;
pub mod customer;
pub mod decision;
pub mod digest;
pub mod event;
pub mod execution;
pub mod filter;
pub mod form;
pub mod ids;
pub mod input;
pub mod job;
pub mod label;
pub mod locale;
pub mod mail;
pub mod mail_event;
pub mod money;
pub mod order;
pub mod percentage;
pub mod plan;
pub mod pricing;
pub mod purchase;
pub mod rejection;
pub mod span;
pub mod statistics;
pub mod template;
pub mod tenant;
pub mod text;
pub mod timer;
pub mod topic;
pub mod webhook;
pub mod workflow;
pub mod workflow_template;
