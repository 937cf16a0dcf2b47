//! Where records go that can never be dealt with, for an operator to look at.

use aws_sdk_sqs::Client;
use couponflow_app::error::StoreError;
use serde_json::Value;

use crate::failure::failed;

/// A dead-letter queue.
#[derive(Debug, Clone)]
pub struct DeadLetters {
    client: Client,
    queue_url: String,
}

impl DeadLetters {
    /// The queue at the address.
    pub fn new(client: Client, queue_url: String) -> Self {
        Self { client, queue_url }
    }

    /// Keeps a record.
    ///
    /// # Errors
    /// Where the queue does not take it.
    pub async fn send(&self, record: &Value) -> Result<(), StoreError> {
        let sent = self.client.send_message().queue_url(&self.queue_url).message_body(record.to_string()).send().await;
        sent.map(|_| ()).map_err(|error| failed("sending a record to the dead-letter queue", error))
    }
}
