//! Consumes the event queue and the timer queue.

use action_executor::{Executor, OutboundClients};
use couponflow_aws::clients::LazyClient;
use couponflow_aws::dynamo::{MailRate, Table};
use couponflow_aws::mail::Ses;
use couponflow_aws::metrics::Metrics;
use couponflow_aws::queue::Queue;
use couponflow_aws::topics::Sns;
use couponflow_aws::{clients, config, telemetry};
use couponflow_outbound::HttpPoster;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::init();
    let metrics = Metrics::collect();
    let sdk = clients::sdk_config()?;
    let table = Table::new(clients::dynamodb(&sdk), config::required("TABLE_NAME")?);
    let outbound_clients = OutboundClients {
        mail: Ses::new(&sdk, config::required("SENDER_EMAIL")?, config::optional("CONFIGURATION_SET")),
        mail_rate: MailRate::new(table.clone(), config::required("MAX_SEND_RATE")?.parse()?),
        web: HttpPoster::new(clients::is_local())?,
        topics: Sns::new(&sdk),
        public_url: config::required("PUBLIC_URL")?,
    };
    let sqs = LazyClient::new(&sdk, aws_sdk_sqs::Client::new);
    let queue = |url: String| Queue::new(sqs.clone(), url);
    let sources = [queue(config::required("EVENTS_QUEUE_URL")?), queue(config::required("TIMERS_QUEUE_URL")?)];
    let malformed = queue(config::required("MALFORMED_MESSAGES_QUEUE_URL")?);
    let executor = Executor { table, outbound_clients, sources, malformed };
    run(service_fn(async |event: LambdaEvent<Value>| {
        let _printed = metrics.of_invocation();
        executor.handle(event.payload, event.context.deadline().into()).await
    }))
    .await
}
