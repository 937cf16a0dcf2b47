//! The table under concurrency, on a real DynamoDB API.

mod automation;
mod coupons;
mod durability;
mod events;
mod holds;
mod instance;
mod jobs;
mod redemptions;
mod rollbacks;
mod timers;
mod unique_codes;
