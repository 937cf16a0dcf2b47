//! Send rate and signing secrets.

pub(crate) mod mail_rate;
mod port;
pub(crate) mod signing_secrets;
