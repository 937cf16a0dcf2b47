//! Parts that all store modules use: the table, keys, items, batches, pages and transactions.

pub(crate) mod batch;
mod cause;
pub(crate) mod conflict;
pub(crate) mod element;
pub(crate) mod instant;
pub(crate) mod item;
pub(crate) mod key;
pub(crate) mod keys;
pub(crate) mod page;
pub(crate) mod person_entry;
mod single_write;
pub(crate) mod stored_money;
pub(crate) mod table;
pub(crate) mod tenant_keys;
pub(crate) mod tenant_store;
pub(crate) mod transact;
mod unreadable;
