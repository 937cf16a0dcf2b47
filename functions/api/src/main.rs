//! Serves all endpoints of the HTTP API except apply and redeem. Also runs the commands of
//! operators, who invoke the function directly.

// The nested futures of a request exceed the default limit.
#![recursion_limit = "256"]

use api::Api;
use couponflow_aws::metrics::Metrics;
use couponflow_aws::{clients, config, dynamo::Table, telemetry};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let metrics = Metrics::collect();
    let sdk = clients::sdk_config()?;
    let api = Api::new(Table::new(clients::dynamodb(&sdk), config::required("TABLE_NAME")?));
    run(service_fn(async |event: LambdaEvent<Value>| {
        let _printed = metrics.of_invocation();
        api.handle(event.payload).await
    }))
    .await
}
