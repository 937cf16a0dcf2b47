//! Web console. Pages are HTML that the server renders, and work without JavaScript. The pages read and change
//! everything through [`Api`], so tests render the pages from canned responses.
#![allow(async_fn_in_trait, reason = "each future is awaited on one task and never spawned, so it need not be Send")]

pub mod api;
pub mod assets;
mod context;
mod entry;
mod facts;
mod failure;
mod form;
mod format;
mod layout;
mod pages;
mod paging;
pub mod request;
pub mod response;
mod router;
pub mod sign_in;
#[cfg(test)]
mod tests;

pub use api::{Api, ApiBody, ApiRequest, ApiResponse};
pub use request::{PageRequest, SignedIn};
pub use response::{PageBody, PageResponse};
pub use router::answer;
