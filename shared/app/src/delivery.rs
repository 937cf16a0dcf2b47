//! Sends e-mails, webhooks and notifications.

pub mod mail;
pub mod mail_events;
pub mod outbound;
pub mod ports;
pub mod recipients;
pub mod send_error;
