//! Contacts and audiences.

pub mod audience;
pub mod contact;
