//! The table under concurrency, on a real DynamoDB API.

mod automation;
mod coupons;
mod redemptions;
mod timers;
