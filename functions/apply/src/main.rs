//! Serves `POST /v1/apply`.

// The type of the nested futures of a request exceeds the default recursion limit of the compiler.
#![recursion_limit = "256"]

use apply::Apply;
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use couponflow_aws::metrics::Metrics;
use couponflow_aws::{clients, config, dynamo::Table, telemetry};
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let metrics = Metrics::collect();
    let sdk = clients::sdk_config()?;
    let table = Table::new(clients::dynamodb(&sdk), config::required("TABLE_NAME")?);
    let apply = Apply::new(table);
    run(service_fn(async |event: LambdaEvent<ApiGatewayV2httpRequest>| {
        let _printed = metrics.of_invocation();
        Ok::<_, Error>(apply.handle(event.payload).await)
    }))
    .await
}
