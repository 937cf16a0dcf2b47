//! Publishes events from a batch of stream records and returns the list of records that Lambda must
//! redeliver.

use couponflow_app::events::relay::{Record, relay};
use couponflow_app::kernel::error::{ErrorKind, StoreError, chain};
use couponflow_app::kernel::guard::{Panicked, guarded};
use couponflow_app::kernel::system::Clock as _;
use couponflow_aws::dead_letters::DeadLetters;
use couponflow_aws::dynamo::Table;
use couponflow_aws::relay_targets::RelayTargets;
use couponflow_aws::stream;
use couponflow_aws::system::System;
use lambda_runtime::Error;
use serde_json::{Value, json};

/// Handler of the relay.
pub(crate) struct Relay {
    pub(crate) table: Table,
    pub(crate) targets: RelayTargets,
    pub(crate) dead_letters: DeadLetters,
}

impl Relay {
    /// Relays a batch of stream records.
    ///
    /// `batchItemFailures` in the result lists the records that failed with a transient or
    /// permanent error. Lambda redelivers the first of these records and all records that follow in
    /// the shard.
    ///
    /// `set_aside` in the result lists the records that were moved to the dead-letter queue:
    /// corrupt records, and records that made the code panic. Redelivery would not help these
    /// records, and would block the shard until the records expire after a day. If the dead-letter
    /// queue does not accept a record, `batchItemFailures` lists the record.
    ///
    /// # Errors
    /// Returns an error if the event is not a batch of records.
    pub(crate) async fn handle(&self, event: Value) -> Result<Value, Error> {
        let Value::Array(batch) = &event["Records"] else {
            return Err("expected a DynamoDB stream event with `Records`".into());
        };
        let mut records: Vec<Record> = Vec::new();
        let mut sources: Vec<&Value> = Vec::new();
        let mut unprocessable: Vec<&Value> = Vec::new();
        for record in batch {
            match read(record).await {
                Ok(Some(read)) => {
                    records.push(read);
                    sources.push(record);
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(error = %chain(&error), sequence_number = %sequence_number(record), "Could not \
                         read a stream record; moving it to the dead-letter queue");
                    unprocessable.push(record);
                }
            }
        }
        let mut failures: Vec<&Value> = Vec::new();
        let outcomes = relay(&self.table, &self.targets, &records, System.now()).await;
        for (record, outcome) in sources.into_iter().zip(outcomes) {
            let Err(error) = outcome else { continue };
            tracing::error!(error = %chain(&error), sequence_number = %sequence_number(record), "Could not relay a stream record");
            match error.kind() {
                ErrorKind::Corrupt => unprocessable.push(record),
                ErrorKind::Transient | ErrorKind::Permanent => failures.push(record),
            }
        }
        let mut set_aside: Vec<&Value> = Vec::new();
        for record in unprocessable {
            match self.dead_letters.send(record).await {
                Ok(()) => set_aside.push(record),
                Err(error) => {
                    tracing::error!(error = %chain(&error), "Could not move a stream record to the dead-letter queue");
                    failures.push(record);
                }
            }
        }
        tracing::info!(
            records = records.len(),
            failed = failures.len(),
            set_aside = set_aside.len(),
            "Relayed stream records"
        );
        Ok(json!({"batchItemFailures": identifiers(&failures), "set_aside": identifiers(&set_aside)}))
    }
}

/// Parses a record. A record that makes the parser panic counts as corrupt.
async fn read(record: &Value) -> Result<Option<Record>, StoreError> {
    let doing = "reading a stream record";
    let read =
        guarded(async { stream::read(record.clone()) }).await.map_err(|Panicked| StoreError::Panicked { doing })?;
    read.map_err(|error| StoreError::unprocessable(doing, error))
}

fn sequence_number(record: &Value) -> &Value {
    &record["dynamodb"]["SequenceNumber"]
}

fn identifiers(records: &[&Value]) -> Vec<Value> {
    records.iter().map(|record| json!({"itemIdentifier": sequence_number(record)})).collect()
}
