//! Property tests of one coupon on the DynamoDB stand-in, and of the parsers of input.
//!
//! `sequential` runs random sequences of commands on a coupon and on a model of the API contract,
//! and compares the results. `concurrent` and `interrupted` check that concurrent requests are
//! linearizable: some sequential order would have given the same responses.
//!
//! `fuzz` gives random and damaged input to the parsers of events, requests, templates, filters and files.

mod client;
mod command;
mod concurrent;
mod driver;
mod event_summary;
mod fuzz;
mod images;
mod interrupted;
mod model;
mod recorded;
mod sequential;
mod spec;
