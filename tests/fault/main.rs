//! Services that fail: nothing is lost, nothing is done twice, and a collision is never a rejection.

mod bus;
mod conflicts;
mod dynamo;
mod idempotency;
mod mail;
mod outbound;
mod outbound_steps;
mod queue;
mod topics;
mod unique_codes;
