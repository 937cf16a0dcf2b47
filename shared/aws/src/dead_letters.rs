//! Dead-letter queue for stream records that can never be processed. Operators inspect the records in the queue.

use aws_sdk_sqs::Client;
use couponflow_app::kernel::error::StoreError;
use serde_json::Value;

use crate::clients::LazyClient;
use crate::failure::failed;

/// Client of a dead-letter queue.
#[derive(Debug, Clone)]
pub struct DeadLetters {
    client: LazyClient<Client>,
    queue_url: String,
}

impl DeadLetters {
    /// Creates a client of the queue with this URL.
    pub fn new(client: LazyClient<Client>, queue_url: String) -> Self {
        Self { client, queue_url }
    }

    /// Sends a record to the queue.
    ///
    /// # Errors
    /// Returns an error if SQS does not accept the message.
    pub async fn send(&self, record: &Value) -> Result<(), StoreError> {
        let sent = self.client.send_message().queue_url(&self.queue_url).message_body(record.to_string()).send().await;
        sent.map(|_| ()).map_err(|error| failed("sending a record to the dead-letter queue")(error.into()))
    }
}
