//! Posts to other systems over HTTP.
//!
//! Tenants choose the URLs. Therefore requests must not reach internal networks (server-side
//! request forgery, SSRF). A host name is resolved once, only its public addresses are kept, and
//! the connection goes to one of these addresses. Redirects and proxies are disabled. For local
//! development, [`HttpPoster::new`] can permit private addresses. The duration of a request and the
//! size of an answer are limited.
#![allow(async_fn_in_trait, reason = "each future is awaited on one task and never spawned, so it need not be Send")]

mod client;
mod host_limits;
mod resolver;

pub use client::{ClientError, HttpPoster};
