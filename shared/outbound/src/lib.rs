//! Posts to other systems over HTTP.
//!
//! Tenants choose the URLs, so requests must not reach internal networks (SSRF): a name is resolved once, to its public
//! addresses only, and the connection goes to one of these. Redirects and proxies are disabled, and time and answer
//! size are limited.
#![allow(async_fn_in_trait, reason = "each future is awaited on one task and never spawned, so it need not be Send")]

mod client;
mod resolver;

pub use client::{ClientError, HttpPoster};
