//! Property tests of one coupon on the DynamoDB stand-in.
//!
//! `sequential` compares random sequences of commands with a model of the contract. `concurrent` and `interrupted`
//! check that concurrent requests are linearizable: some sequential order would have given the same responses.

mod client;
mod command;
mod concurrent;
mod driver;
mod event_summary;
mod images;
mod interrupted;
mod model;
mod recorded;
mod sequential;
mod spec;
