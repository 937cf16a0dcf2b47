//! Implements the application's ports on AWS: DynamoDB, EventBridge, SQS, SES and SNS.
#![allow(
    async_fn_in_trait,
    reason = "use cases await their calls on one task and spawn nothing, so futures need not be Send"
)]

pub mod bus;
pub mod clients;
pub mod config;
pub mod dynamo;
mod failure;
pub mod mail;
pub mod metrics;
pub mod queue;
pub mod record_queues;
pub mod redelivery;
pub mod redrive;
mod retry;
pub mod stream;
pub mod system;
pub mod telemetry;
pub mod timer_queue;
pub mod topics;
mod undelivered;
