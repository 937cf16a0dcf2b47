//! From a batch of stream records to events, and to the list of records that failed.

use couponflow_app::error::chain;
use couponflow_app::ports::Environment as _;
use couponflow_app::relay::{Record, relay};
use couponflow_aws::dynamo::Table;
use couponflow_aws::environment::SystemEnvironment;
use couponflow_aws::outside::Outside;
use couponflow_aws::stream;
use lambda_runtime::Error;
use serde_json::{Value, json};

/// Relays a batch. A record that can't be read or published is reported by its sequence number; those beside it go
/// through.
///
/// # Errors
/// Where the event is no batch of records at all.
pub(crate) async fn handle(table: &Table, outside: &Outside, event: Value) -> Result<Value, Error> {
    let Value::Array(batch) = event["Records"].clone() else {
        return Err("expected a DynamoDB stream event with `Records`".into());
    };
    let mut failures: Vec<Value> = Vec::new();
    let mut records: Vec<Record> = Vec::new();
    let mut sequence_numbers: Vec<Value> = Vec::new();
    for record in batch {
        let sequence_number = record["dynamodb"]["SequenceNumber"].clone();
        match stream::read(record) {
            Ok(Some(record)) => {
                records.push(record);
                sequence_numbers.push(sequence_number);
            }
            Ok(None) => {}
            Err(error) => {
                tracing::error!(error = %chain(&error), sequence_number = %sequence_number, "Could not read a stream record");
                failures.push(sequence_number);
            }
        }
    }
    let outcomes = relay(table, outside, &records, SystemEnvironment.now()).await;
    for (sequence_number, outcome) in sequence_numbers.into_iter().zip(outcomes) {
        if let Err(error) = outcome {
            tracing::error!(error = %chain(&error), sequence_number = %sequence_number, "Could not relay a stream record");
            failures.push(sequence_number);
        }
    }
    tracing::info!(records = records.len(), failed = failures.len(), "Relayed stream records");
    let failures: Vec<Value> = failures.into_iter().map(|number| json!({"itemIdentifier": number})).collect();
    Ok(json!({"batchItemFailures": failures}))
}
