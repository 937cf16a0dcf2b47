//! Consumes the event queue and the timer queue: runs workflows, and what is due.

mod handler;

use couponflow_aws::mail::Ses;
use couponflow_aws::{clients, config, dynamo::Table, telemetry};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

use handler::Executor;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let sdk = clients::sdk_config()?;
    let table = Table::new(aws_sdk_dynamodb::Client::new(&sdk), config::required("TABLE_NAME")?);
    let executor = Executor {
        table,
        mailer: Ses::new(&sdk, config::required("SENDER_EMAIL")?, config::optional("CONFIGURATION_SET")),
    };
    run(service_fn(async |event: LambdaEvent<Value>| executor.handle(event.payload).await)).await
}
