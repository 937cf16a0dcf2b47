//! Input of a page.

use crate::request::{PageRequest, SignedIn};

/// Request for a page, the person who sent it, and the API.
pub(crate) struct Context<'a, A> {
    pub(crate) api: &'a A,
    pub(crate) request: &'a PageRequest,
    pub(crate) person: &'a SignedIn,
}
