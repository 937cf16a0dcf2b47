//! Webhook signing secrets.

pub(crate) mod webhook_secrets;
