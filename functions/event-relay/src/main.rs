//! Consumes the table's stream, which is the transactional outbox: publishes the events of
//! committed changes, and sends timers that are due soon to the timer queue.

mod handler;

use couponflow_aws::clients::LazyClient;
use couponflow_aws::dead_letters::DeadLetters;
use couponflow_aws::relay_targets::RelayTargets;
use couponflow_aws::system::System;
use couponflow_aws::timer_queue::SqsTimerQueue;
use couponflow_aws::{bus::Bus, clients, config, dynamo::Table, telemetry};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

use handler::Relay;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let sdk = clients::sdk_config()?;
    let queues = LazyClient::new(&sdk, aws_sdk_sqs::Client::new);
    let relay = Relay {
        table: Table::new(aws_sdk_dynamodb::Client::new(&sdk), config::required("TABLE_NAME")?),
        targets: RelayTargets {
            bus: Bus::new(aws_sdk_eventbridge::Client::new(&sdk), config::required("BUS_NAME")?),
            timers: SqsTimerQueue::new(queues.clone(), config::required("TIMERS_QUEUE_URL")?, System),
        },
        dead_letters: DeadLetters::new(queues, config::required("DEAD_LETTER_QUEUE_URL")?),
    };
    run(service_fn(async |event: LambdaEvent<Value>| relay.handle(event.payload).await)).await
}
