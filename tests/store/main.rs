//! The table under concurrency, on a real DynamoDB API.

mod abandonment;
mod automation;
mod coupons;
mod durability;
mod edits;
mod events;
mod holds;
mod idempotency;
mod instance;
mod jobs;
mod notices;
mod redemptions;
mod rollbacks;
mod scene;
mod several;
mod timers;
mod unique_codes;
