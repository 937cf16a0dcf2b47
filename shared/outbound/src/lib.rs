//! Posts to other systems over HTTP.
//!
//! Where to is anybody's choice, so nothing here reaches inside: a name is resolved once, to its public addresses, and one
//! of these is connected to; there are no redirects and no proxies, and time and answers have their limits.
#![allow(async_fn_in_trait, reason = "one task drives each use case and nothing is spawned, so no future need be Send")]

mod client;
mod resolver;

pub use client::{HttpPoster, Unusable};
