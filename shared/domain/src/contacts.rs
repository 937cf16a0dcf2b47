//! Contacts, and audiences of contacts.

pub mod audience;
pub mod contact;
