//! Messages that workflows send: e-mails, webhooks and notifications.

pub mod mail;
pub mod mail_event;
pub mod mail_pause;
pub mod recipient;
pub mod topic;
pub mod webhook;
