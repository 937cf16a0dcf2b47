//! Runs every minute. Sends timers that are due soon to the timer queue, and resends overdue
//! timers: timers that have not fired although their due time has passed.

mod handler;

use couponflow_aws::clients::LazyClient;
use couponflow_aws::metrics::Metrics;
use couponflow_aws::system::System;
use couponflow_aws::timer_queue::SqsTimerQueue;
use couponflow_aws::{clients, config, dynamo::Table, telemetry};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let metrics = Metrics::collect();
    let sdk = clients::sdk_config()?;
    let table = Table::new(clients::dynamodb(&sdk), config::required("TABLE_NAME")?);
    let queues = LazyClient::new(&sdk, aws_sdk_sqs::Client::new);
    let queue = SqsTimerQueue::new(queues, config::required("TIMERS_QUEUE_URL")?, System);
    run(service_fn(async |event: LambdaEvent<Value>| {
        let _printed = metrics.of_invocation();
        handler::handle(&table, &queue, event).await
    }))
    .await
}
