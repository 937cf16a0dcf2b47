//! The table under concurrency, on a real DynamoDB API.

mod abandonment;
mod automation;
mod code_redemptions;
mod coupons;
mod durability;
mod edits;
mod events;
mod given_back;
mod holds;
mod idempotency;
mod instance;
mod jobs;
mod listing;
mod meanwhile;
mod notices;
mod redemptions;
mod rejections;
mod reused_code;
mod rollbacks;
mod scene;
mod settled;
mod several;
mod statistics;
mod timers;
mod unique_codes;
