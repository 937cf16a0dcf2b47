//! Send rate, recipients and signing secrets.

pub(crate) mod mail_rate;
pub(crate) mod mail_state;
pub(crate) mod pause_cache;
mod port;
pub(crate) mod recipients;
pub(crate) mod signing_secrets;
