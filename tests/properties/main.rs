//! Properties of one coupon on a real DynamoDB API: against a model of the contract whatever happens in whatever order,
//! and under concurrency against what one after the other would have done.

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
