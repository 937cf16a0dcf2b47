//! Contacts, suppressions and unsubscribe links.

pub(crate) mod contacts;
pub(crate) mod suppressions;
pub(crate) mod unsubscribe;
