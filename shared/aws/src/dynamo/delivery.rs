//! Send rate, senders and signing secrets.

pub(crate) mod mail_rate;
mod port;
pub(crate) mod sender_cache;
pub(crate) mod settings;
pub(crate) mod signing_secrets;
