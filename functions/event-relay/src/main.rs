//! Consumes the table's stream, which is the transactional outbox: publishes the events of
//! committed changes, and sends timers that are due soon to the timer queue.

mod handler;
mod redrive;
mod sweep;

use std::time::Duration;

use couponflow_aws::clients::LazyClient;
use couponflow_aws::metrics::Metrics;
use couponflow_aws::queue::Queue;
use couponflow_aws::record_queues::RelayQueues;
use couponflow_aws::system::System;
use couponflow_aws::timer_queue::SqsTimerQueue;
use couponflow_aws::{bus::Bus, clients, config, dynamo::Table, telemetry};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

use handler::Relay;
use redrive::RedriveQueues;

/// Time for which a transaction that collides with other writes is retried. Short, because the retry queue takes over
/// the records of busy items, and the other records of the batch should not wait.
const RETRY_BUDGET: Duration = Duration::from_secs(1);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let metrics = Metrics::collect();
    let sdk = clients::sdk_config()?;
    let sqs = LazyClient::new(&sdk, aws_sdk_sqs::Client::new);
    let queue = |url: String| Queue::new(sqs.clone(), url);
    let timers = config::required("TIMERS_QUEUE_URL")?;
    let retries = queue(config::required("RELAY_RETRY_QUEUE_URL")?);
    let dead_letters = queue(config::required("RELAY_DEAD_LETTER_QUEUE_URL")?);
    let table = Table::new(clients::dynamodb(&sdk), config::required("TABLE_NAME")?);
    let relay = Relay {
        table: table.with_retry_budget(RETRY_BUDGET),
        bus: Bus::new(aws_sdk_eventbridge::Client::new(&sdk), config::required("BUS_NAME")?),
        timers: SqsTimerQueue::new(sqs.clone(), timers.clone(), System),
        redrive: RedriveQueues {
            relay_retries: retries.clone(),
            relay_dead_letters: dead_letters.clone(),
            relay_retry_dead_letters: queue(config::required("RELAY_RETRY_DEAD_LETTER_QUEUE_URL")?),
            events: queue(config::required("EVENTS_QUEUE_URL")?),
            events_dead_letters: queue(config::required("EVENTS_DEAD_LETTER_QUEUE_URL")?),
            undelivered_events: queue(config::required("UNDELIVERED_EVENTS_QUEUE_URL")?),
            malformed_messages: queue(config::required("MALFORMED_MESSAGES_QUEUE_URL")?),
            timers: queue(timers),
            timers_dead_letters: queue(config::required("TIMERS_DEAD_LETTER_QUEUE_URL")?),
        },
        queues: RelayQueues { retries, dead_letters },
    };
    run(service_fn(async |event: LambdaEvent<Value>| {
        let _printed = metrics.of_invocation();
        relay.handle(event.payload).await
    }))
    .await
}
