//! Consumes the table's stream and publishes what happened.

mod handler;

use couponflow_aws::outside::Outside;
use couponflow_aws::timer_queue::SqsTimers;
use couponflow_aws::{bus::Bus, clients, config, dynamo::Table, telemetry};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let sdk = clients::sdk_config()?;
    let table = Table::new(aws_sdk_dynamodb::Client::new(&sdk), config::required("TABLE_NAME")?);
    let outside = Outside {
        bus: Bus::new(aws_sdk_eventbridge::Client::new(&sdk), config::required("BUS_NAME")?),
        timers: SqsTimers::new(aws_sdk_sqs::Client::new(&sdk), config::required("TIMERS_QUEUE_URL")?),
    };
    run(service_fn(async |event: LambdaEvent<Value>| handler::handle(&table, &outside, event.payload).await)).await
}
