//! The ports of couponflow on AWS: DynamoDB, EventBridge, SQS, SES and SNS.
#![allow(async_fn_in_trait, reason = "one task drives each use case and nothing is spawned, so no future need be Send")]

pub mod bus;
pub mod clients;
pub mod config;
pub mod dead_letters;
pub mod dynamo;
mod failure;
pub mod mail;
pub mod relay_targets;
mod retry;
pub mod stream;
pub mod system;
pub mod telemetry;
pub mod timer_queue;
pub mod topics;
