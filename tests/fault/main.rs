//! Services that fail: nothing is lost, nothing is done twice, and a collision is never a refusal.

mod bus;
mod dynamo;
mod idempotency;
mod mail;
mod queue;
mod unique_codes;
