//! Processes a batch of queue messages and returns the list of messages that SQS must redeliver.

use chrono::{DateTime, Utc};
use couponflow_app::automation::execute::handle_event;
use couponflow_app::delivery::mail_events::handle_mail_event;
use couponflow_app::kernel::error::{StoreError, chain};
use couponflow_app::kernel::guard::{Panicked, guarded};
use couponflow_app::tenants::ports::{AccessStore as _, TenantStores as _};
use couponflow_app::timers::fire::{FireOutcome, fire};
use couponflow_aws::dynamo::Table;
use couponflow_aws::queue::Queue;
use couponflow_aws::redelivery::delay;
use couponflow_aws::system::System;
use couponflow_aws::timer_queue::TimerMessage;
use couponflow_domain::delivery::mail_event;
use couponflow_domain::delivery::mail_event::{InvalidMailEvent, MailEvent};
use couponflow_domain::events::event::{Envelope, Event, SOURCE};
use couponflow_domain::tenants::profile::TenantState;
use futures_util::future::join_all;
use lambda_runtime::Error;
use serde_json::{Value, json};

use crate::invocation::Invocation;
use crate::outbound_clients::OutboundClients;

/// Handler of the action executor.
pub struct Executor {
    pub table: Table,
    pub outbound_clients: OutboundClients,
    /// Queues that deliver the messages: the event queue and the timer queue.
    pub sources: [Queue; 2],
    /// Queue for messages that can never be processed.
    pub malformed: Queue,
}

/// Message in the event queue or the timer queue.
enum Message {
    Event(Box<Event>),
    Timer(TimerMessage),
    Mail(MailEvent),
}

/// Reason why a message was not processed.
#[derive(Debug, thiserror::Error)]
enum MessageError {
    /// Names the invalid part of the message. Never shows the content of the part, because the
    /// content may be personal data.
    #[error("the message is not an event of this bus, a mail event or a timer: {0}")]
    Malformed(&'static str),
    #[error(transparent)]
    InvalidMailEvent(#[from] InvalidMailEvent),
    #[error("the execution is leased, or the timer is not due yet")]
    NotYet {
        /// When the timer is due.
        due_at: DateTime<Utc>,
    },
    #[error("processing the message panicked")]
    Panicked,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Executor {
    /// Processes all messages of a batch concurrently, because a message can sleep for up to three
    /// seconds until its timer is due. No step starts shortly before `deadline`, the end of the invocation.
    ///
    /// Returns the ids of the messages that were not processed. SQS redelivers these messages after a time that grows with
    /// each delivery, and moves a message to the dead-letter queue after many attempts. Malformed messages move at once to a
    /// queue of their own, because no further attempt would succeed.
    ///
    /// # Errors
    /// Returns an error if the event is not a batch of messages.
    pub async fn handle(&self, event: Value, deadline: DateTime<Utc>) -> Result<Value, Error> {
        let Value::Array(batch) = &event["Records"] else {
            return Err("expected an SQS event with `Records`".into());
        };
        let outcomes = join_all(batch.iter().map(async |record| {
            // A panic fails only the message that caused the panic, not the batch.
            guarded(self.process_message(record, deadline)).await.unwrap_or_else(|Panicked| Err(MessageError::Panicked))
        }))
        .await;
        let failures = batch.iter().zip(outcomes).map(async |(record, outcome)| {
            let error = outcome.err()?;
            let is_done = self.handle_failure(record, &error).await;
            (!is_done).then(|| json!({"itemIdentifier": record["messageId"]}))
        });
        let failures: Vec<Value> = join_all(failures).await.into_iter().flatten().collect();
        Ok(json!({"batchItemFailures": failures}))
    }

    /// Handles a message that was not processed. Returns whether the message is done, because it moved to another queue.
    async fn handle_failure(&self, record: &Value, error: &MessageError) -> bool {
        match error {
            MessageError::NotYet { .. } => {
                tracing::info!(message.id = %record["messageId"], "Message not processed yet; it will be redelivered");
            }
            MessageError::Malformed(_)
            | MessageError::InvalidMailEvent(_)
            | MessageError::Panicked
            | MessageError::Store(_) => {
                tracing::error!(message.id = %record["messageId"], error = %chain(error), "Could not process a message");
            }
        }
        match error {
            MessageError::Malformed(_) | MessageError::InvalidMailEvent(_) => {
                let body = record["body"].as_str().unwrap_or_default().to_owned();
                let moved = self.malformed.send(body, &chain(error), None).await;
                let moved = moved.inspect_err(|error| {
                    tracing::error!(message.id = %record["messageId"], error = %chain(error), "Could not move a malformed message");
                });
                if moved.is_ok() {
                    return true;
                }
            }
            MessageError::NotYet { .. } | MessageError::Panicked | MessageError::Store(_) => {}
        }
        let arn = record["eventSourceARN"].as_str().unwrap_or_default();
        let Some(source) = self.sources.iter().find(|queue| queue.has_arn(arn)) else { return false };
        let not_before = match error {
            MessageError::NotYet { due_at } => Some(*due_at),
            MessageError::Malformed(_)
            | MessageError::InvalidMailEvent(_)
            | MessageError::Panicked
            | MessageError::Store(_) => None,
        };
        delay(source, record, not_before, &System).await;
        false
    }

    async fn process_message(&self, record: &Value, deadline: DateTime<Utc>) -> Result<(), MessageError> {
        let system = Invocation { deadline };
        match read(record)? {
            Message::Timer(TimerMessage { timer }) => {
                let fired = fire(&self.table, &self.table, &self.outbound_clients, &system, &timer).await?;
                tracing::info!(tenant.id = %timer.tenant_id, timer = %timer.key(), outcome = ?fired, "Handled a timer");
                if fired == FireOutcome::NotYet { Err(MessageError::NotYet { due_at: timer.due_at }) } else { Ok(()) }
            }
            Message::Mail(event) => {
                let store = self.table.of(&event.tenant_id);
                if store.profile().await?.state == TenantState::Deleted {
                    tracing::info!(tenant.id = %event.tenant_id, "Dropped a mail event of a deleted tenant");
                    return Ok(());
                }
                handle_mail_event(&store, &system, &event).await?;
                tracing::info!(tenant.id = %event.tenant_id, execution.id = %event.execution_id, kind = ?event.kind, "Handled a mail event");
                Ok(())
            }
            Message::Event(event) => {
                let store = self.table.of(&event.metadata.tenant_id);
                handle_event(&store, &self.table, &self.outbound_clients, &system, &event).await?;
                tracing::info!(tenant.id = %event.metadata.tenant_id, event.id = %event.id(), event.kind = %event.kind, "Handled an event");
                Ok(())
            }
        }
    }
}

fn read(record: &Value) -> Result<Message, MessageError> {
    let body = record["body"].as_str().unwrap_or_default();
    let body: Value = serde_json::from_str(body).map_err(|_| MessageError::Malformed("the body is not valid JSON"))?;
    if body.get("timer").is_some() {
        let timer = serde_json::from_value(body).map_err(|_| MessageError::Malformed("/timer is not a timer"))?;
        return Ok(Message::Timer(timer));
    }
    if body["source"] == mail_event::SOURCE {
        return Ok(Message::Mail(MailEvent::read(&body)?));
    }
    let envelope: Envelope = serde_json::from_value(body)
        .map_err(|_| MessageError::Malformed("source, detail-type or detail is missing or malformed"))?;
    if envelope.source != SOURCE {
        return Err(MessageError::Malformed("source is not the source of this application's events"));
    }
    Ok(Message::Event(Box::new(Event::from(envelope))))
}
