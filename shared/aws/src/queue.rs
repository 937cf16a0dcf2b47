//! SQS queue: sends, delays and moves messages.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::builders::SendMessageBatchRequestEntryBuilder;
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, Message, MessageAttributeValue, MessageSystemAttributeName,
    SendMessageBatchRequestEntry,
};
use chrono::{DateTime, Utc};
use couponflow_app::kernel::error::StoreError;
use couponflow_domain::tenants::tenant::TenantId;

use crate::clients::LazyClient;
use crate::failure::failed;

/// Message attribute that states why a message could not be processed.
pub const CAUSE: &str = "cause";

/// Maximum length of a cause, in characters.
const MAX_CAUSE: usize = 1000;

/// Messages per receive: the limit of SQS.
const BATCH: i32 = 10;

/// How long a receive waits for messages, in seconds. With a wait, SQS asks all of its servers. Less than the time limit of
/// a call.
const WAIT_SECONDS: i32 = 1;

/// How long received messages stay hidden while they are moved, in seconds.
const MOVE_SECONDS: i32 = 60;

/// Client of one queue.
#[derive(Debug, Clone)]
pub struct Queue {
    client: LazyClient<Client>,
    url: String,
}

impl Queue {
    /// Creates a client of the queue with this URL.
    pub fn new(client: LazyClient<Client>, url: String) -> Self {
        Self { client, url }
    }

    /// Whether this is the queue with the ARN. A URL and an ARN end with the queue's name.
    pub fn has_arn(&self, arn: &str) -> bool {
        self.url.rsplit('/').next() == arn.rsplit(':').next()
    }

    /// Sends a message with the reason why it is sent here. `tenant` is the group of the message: a queue with a backlog of
    /// one tenant delivers the messages of other tenants first (SQS developer guide, "Amazon SQS fair queues").
    ///
    /// # Errors
    /// Returns an error if SQS does not accept the message.
    pub async fn send(&self, body: String, cause: &str, tenant: Option<&TenantId>) -> Result<(), StoreError> {
        let doing = "sending a message to a queue";
        let cause = cause.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_CAUSE).collect::<String>();
        let cause = if cause.is_empty() { "unknown".to_owned() } else { cause };
        let cause = MessageAttributeValue::builder().data_type("String").string_value(cause).build();
        let cause = cause.map_err(|error| failed(doing)(error.into()))?;
        let request = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .message_attributes(CAUSE, cause)
            .set_message_group_id(tenant.map(ToString::to_string));
        request.send().await.map(|_| ()).map_err(|error| failed(doing)(error.into()))
    }

    /// Changes the time until a received message is delivered again.
    ///
    /// # Errors
    /// Returns an error if SQS does not accept the change. The message is then delivered again after the queue's visibility
    /// timeout.
    pub async fn delay(&self, receipt_handle: &str, delay: Duration) -> Result<(), StoreError> {
        let request = self
            .client
            .change_message_visibility()
            .queue_url(&self.url)
            .receipt_handle(receipt_handle)
            .visibility_timeout(i32::try_from(delay.as_secs()).unwrap_or(i32::MAX));
        request.send().await.map(|_| ()).map_err(|error| failed("delaying a message")(error.into()))
    }

    /// Moves up to ten messages that were sent before `before` to another queue. Returns the number of moved messages;
    /// `None` if the queue has no such messages. A message that was sent later stays in the queue and is hidden for a
    /// minute. After an error, a message can be in both queues.
    ///
    /// # Errors
    /// Returns an error if a call fails, or if the other queue does not accept a message.
    pub async fn move_batch(&self, to: &Self, before: DateTime<Utc>) -> Result<Option<usize>, StoreError> {
        let doing = "moving messages to another queue";
        let received = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(BATCH)
            .wait_time_seconds(WAIT_SECONDS)
            .visibility_timeout(MOVE_SECONDS)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .message_system_attribute_names(MessageSystemAttributeName::MessageGroupId)
            .send()
            .await
            .map_err(|error| failed(doing)(error.into()))?;
        let mut messages = received.messages.unwrap_or_default();
        messages.retain(|message| sent_at(message).is_none_or(|sent| sent < before.timestamp_millis()));
        if messages.is_empty() {
            return Ok(None);
        }
        let entries: Result<Vec<_>, _> =
            messages.iter().enumerate().map(|(i, message)| entry(i, message).build()).collect();
        let entries: Vec<SendMessageBatchRequestEntry> = entries.map_err(|error| failed(doing)(error.into()))?;
        let request = self.client.send_message_batch().queue_url(&to.url).set_entries(Some(entries));
        let sent = request.send().await.map_err(|error| failed(doing)(error.into()))?;
        let moved: Result<Vec<_>, _> = sent
            .successful()
            .iter()
            .filter_map(|one| {
                let receipt = messages.get(one.id().parse::<usize>().ok()?)?.receipt_handle();
                Some(
                    DeleteMessageBatchRequestEntry::builder()
                        .id(one.id())
                        .set_receipt_handle(receipt.map(str::to_owned)),
                )
            })
            .map(|entry| entry.build())
            .collect();
        let moved = moved.map_err(|error| failed(doing)(error.into()))?;
        let count = moved.len();
        if count > 0 {
            let request = self.client.delete_message_batch().queue_url(&self.url).set_entries(Some(moved));
            request.send().await.map_err(|error| failed(doing)(error.into()))?;
        }
        match sent.failed().first() {
            None => Ok(Some(count)),
            Some(failure) => {
                Err(failed(doing)(format!("{}: {}", failure.code(), failure.message().unwrap_or("")).into()))
            }
        }
    }
}

fn entry(i: usize, message: &Message) -> SendMessageBatchRequestEntryBuilder {
    SendMessageBatchRequestEntry::builder()
        .id(i.to_string())
        .message_body(message.body().unwrap_or_default())
        .set_message_group_id(attributes(message).get(&MessageSystemAttributeName::MessageGroupId).cloned())
}

fn sent_at(message: &Message) -> Option<i64> {
    attributes(message).get(&MessageSystemAttributeName::SentTimestamp)?.parse().ok()
}

fn attributes(message: &Message) -> HashMap<MessageSystemAttributeName, String> {
    message.attributes.clone().unwrap_or_default()
}
