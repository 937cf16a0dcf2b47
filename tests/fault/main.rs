//! Fault tests: services that fail. Nothing is lost, nothing is done twice, and no conflict is reported as a rejection.

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
