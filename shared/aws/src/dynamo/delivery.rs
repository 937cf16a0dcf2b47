//! Send rate, senders and signing secrets.

pub(crate) mod mail_rate;
pub(crate) mod sender_cache;
pub(crate) mod settings;
pub(crate) mod signing_secrets;
