//! The table under concurrency, on a real DynamoDB API.

mod automation;
mod coupons;
mod events;
mod durability;
mod redemptions;
mod timers;
