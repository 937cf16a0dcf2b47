//! Contacts, audiences, erasure and suppressions.

pub(crate) mod audiences;
pub(crate) mod contact;
pub(crate) mod contact_edits;
pub(crate) mod contact_sets;
pub(crate) mod erasure;
pub(crate) mod erasure_record;
mod port;
mod redaction;
pub(crate) mod stored_consent;
pub(crate) mod suppressions;
mod upsert;
