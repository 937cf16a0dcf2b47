//! Store tests: use cases and storage on the DynamoDB stand-in, with concurrency, crashes and
//! interruptions.

mod coupon_harness;
mod golden;
mod instance;
mod automation {
    mod catching_up;
    mod crashes;
    mod deadline;
    mod dry_run_parity;
    mod dry_runs;
    mod durability;
    mod edit_workflow;
    mod for_each;
    pub(crate) mod interleaved;
    mod meanwhile;
    mod published;
    mod steps;
    mod texts;
    mod unverified;
    mod waits;
    mod workflows;
}
mod contacts {
    mod audiences;
    mod contact;
    mod contact_edits;
    mod erased;
    mod erased_unreadable;
    mod erased_waits;
    mod erasing;
    mod identities;
    mod labels;
    mod redaction;
}
mod coupons {
    mod coupon;
    mod days;
    mod edits;
    pub(crate) mod jobs;
    mod notices;
    mod reused_code;
    mod settled;
    mod statistics;
    mod switch;
    mod torn;
    mod unique_codes;
}
mod delivery {
    mod consent;
    mod fair_share;
    mod mail;
    mod mail_rate;
    mod messages;
    mod recipients;
    mod signing_secrets;
}
mod events {
    mod event_log;
    mod isolation;
    mod outages;
    mod relay_faults;
    mod sweep;
}
mod kernel {
    mod cost;
    mod lists;
    mod unreadable;
}
mod purchases {
    mod abandonment;
    pub(crate) mod code_redemptions;
    mod given_back;
    mod holds;
    mod listing;
    mod ownership;
    mod previews;
    mod public_answers;
    mod redemptions;
    mod rejections;
    mod rollbacks;
    mod several;
}
mod tenants {
    mod audit;
    mod deletion;
    mod idempotency;
    mod keys;
    mod profile;
    mod quotas;
    mod rate_limits;
    mod retention;
}
mod timers {
    mod crowded_minute;
    pub(crate) mod timer;
}
