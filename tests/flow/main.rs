//! Whole ways through the system, over HTTP, on the local stack: real functions, table, bus, queues and mail.

mod abandoned;
mod beta50;
mod billing;
mod codes;
mod contacts;
mod early_bird;
mod edits;
mod erasure;
mod holds;
mod idempotency;
mod listed;
mod load;
mod mail_events;
mod malformed;
mod member20;
mod notices;
mod openapi;
mod operating;
mod refund;
mod refusals;
mod several;
mod topics;
mod unsubscribe;
mod webhook_secrets;
mod webhooks;
mod workflow_templates;
