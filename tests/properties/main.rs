//! Property tests of one coupon on the DynamoDB stand-in.
//!
//! `sequential` compares random sequences of commands with a model of the contract. `concurrent` and `interrupted`
//! check that concurrent requests are linearizable: some sequential order would have given the same responses.

mod aftermath;
mod client;
mod command;
mod concurrent;
mod images;
mod interrupted;
mod model;
mod sequential;
mod shop;
mod spec;
mod told;
