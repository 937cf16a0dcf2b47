//! The table under concurrency, on a real DynamoDB API.

mod abandonment;
mod automation;
mod code_redemptions;
mod coupons;
mod durability;
mod edits;
mod events;
mod holds;
mod idempotency;
mod instance;
mod jobs;
mod listing;
mod notices;
mod redemptions;
mod rejections;
mod rollbacks;
mod scene;
mod settled;
mod several;
mod statistics;
mod timers;
mod unique_codes;
