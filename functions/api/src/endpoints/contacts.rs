//! Contacts, suppressions and unsubscribe links.

pub(crate) mod contact;
pub(crate) mod suppressions;
pub(crate) mod unsubscribe;
