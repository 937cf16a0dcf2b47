//! Flow tests: complete paths through the system over HTTP, on the local stack with real functions,
//! table, bus, queues and mail.

mod clients;
mod logs;
mod metrics;
mod openapi;
mod readme;
mod runbook;
mod single_functions;
mod automation {
    mod dry_runs;
    mod member20;
    mod operating;
    mod texts;
    mod workflow_templates;
}
mod console {
    mod check;
    mod member20;
    mod pages;
    mod sessions;
}
mod contacts {
    mod contact;
    mod erasure;
    mod identities;
    mod unsubscribe;
}
mod coupons {
    mod beta50;
    mod codes;
    mod early_bird;
    mod edits;
    mod listed;
    mod notices;
}
mod delivery {
    mod mail_events;
    mod recipients;
    mod topics;
    mod webhook_secrets;
    mod webhooks;
}
mod purchases {
    mod abandoned;
    mod billing;
    mod chaos;
    mod holds;
    mod load;
    mod refund;
    mod rejections;
    mod several;
}
mod tenants {
    mod deletion;
    mod idempotency;
    mod keys;
    mod malformed;
    mod quotas;
    mod rate_limits;
}
mod timers {
    mod overdue_timers;
}
