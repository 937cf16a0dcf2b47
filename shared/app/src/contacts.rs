//! Contacts and audiences.

pub mod edit;
pub mod ports;
