//! Whole ways through the system, over HTTP, on the local stack: real functions, table, bus, queues and mail.

mod abandoned;
mod beta50;
mod billing;
mod codes;
mod early_bird;
mod edits;
mod holds;
mod idempotency;
mod load;
mod malformed;
mod member20;
mod notices;
mod openapi;
mod refund;
mod refusals;
mod several;
mod webhook_secrets;
