//! Domain model of couponflow: coupons and their codes, pricing, apply and redeem decisions, contacts, and workflows.
//!
//! This crate is pure: `now` and random bits are arguments, and there is no I/O and no AWS type. The crate's
//! `clippy.toml` bans clock and random functions. Every decision can therefore be tested as a table and replayed from
//! its inputs.

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
pub mod trigger_catalog;
pub mod webhook;
pub mod workflow;
pub mod workflow_template;
