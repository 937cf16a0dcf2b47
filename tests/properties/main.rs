//! Property tests of one coupon on the DynamoDB stand-in.
//!
//! `sequential` runs random sequences of commands on a coupon and on a model of the API contract,
//! and compares the results. `concurrent` and `interrupted` check that concurrent requests are
//! linearizable: some sequential order would have given the same responses.

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
