//! Events, which report changes such as a redemption of a coupon or the erasure of a contact.

pub mod contact_erased;
pub mod event;
pub mod outbox;
