//! Flow tests: complete paths through the system over HTTP, on the local stack with real functions, table, bus, queues
//! and mail.

mod abandoned;
mod beta50;
mod billing;
mod codes;
mod contacts;
mod dry_runs;
mod early_bird;
mod edits;
mod erasure;
mod holds;
mod idempotency;
mod identities;
mod listed;
mod load;
mod mail_events;
mod malformed;
mod member20;
mod notices;
mod openapi;
mod operating;
mod overdue_timers;
mod readme;
mod refund;
mod rejections;
mod several;
mod single_functions;
mod texts;
mod topics;
mod unsubscribe;
mod webhook_secrets;
mod webhooks;
mod workflow_templates;
