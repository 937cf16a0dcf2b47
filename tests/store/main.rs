//! The table under concurrency, on a real DynamoDB API.

mod automation;
mod code_redemptions;
mod coupons;
mod durability;
mod events;
mod holds;
mod idempotency;
mod instance;
mod jobs;
mod redemptions;
mod rollbacks;
mod several;
mod timers;
mod unique_codes;
