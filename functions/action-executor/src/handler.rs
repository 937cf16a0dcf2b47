//! Processes a batch of queue messages and returns the list of messages that SQS must redeliver.

use couponflow_app::automation::execute::handle_event;
use couponflow_app::delivery::mail_events::handle_mail_event;
use couponflow_app::kernel::error::{StoreError, chain};
use couponflow_app::kernel::guard::{Panicked, guarded};
use couponflow_app::tenants::ports::TenantStores as _;
use couponflow_app::timers::fire::{FireOutcome, fire};
use couponflow_aws::dynamo::Table;
use couponflow_aws::system::System;
use couponflow_aws::timer_queue::TimerMessage;
use couponflow_domain::delivery::mail_event;
use couponflow_domain::delivery::mail_event::{InvalidMailEvent, MailEvent};
use couponflow_domain::events::event::{Envelope, Event, SOURCE};
use futures_util::future::join_all;
use lambda_runtime::Error;
use serde_json::{Value, json};

use crate::outbound_clients::OutboundClients;

/// Handler of the action executor.
pub struct Executor {
    pub table: Table,
    pub outbound_clients: OutboundClients,
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
    NotYet,
    #[error("processing the message panicked")]
    Panicked,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Executor {
    /// Processes all messages of a batch concurrently, because a message can sleep for up to three
    /// seconds until its timer is due.
    ///
    /// Returns the ids of the messages that were not processed. SQS redelivers these messages, and
    /// moves a message to the dead-letter queue after several attempts.
    ///
    /// # Errors
    /// Returns an error if the event is not a batch of messages.
    pub async fn handle(&self, event: Value) -> Result<Value, Error> {
        let Value::Array(batch) = &event["Records"] else {
            return Err("expected an SQS event with `Records`".into());
        };
        let outcomes = join_all(batch.iter().map(async |record| {
            // A panic fails only the message that caused the panic, not the batch.
            guarded(self.process_message(record)).await.unwrap_or_else(|Panicked| Err(MessageError::Panicked))
        }))
        .await;
        let mut failures = Vec::new();
        for (record, outcome) in batch.iter().zip(outcomes) {
            match outcome {
                Ok(()) => continue,
                Err(MessageError::NotYet) => {
                    tracing::info!(message.id = %record["messageId"], "Message not processed yet; it will be \
                         redelivered")
                }
                Err(error) => {
                    tracing::error!(message.id = %record["messageId"], error = %chain(&error), "Could not process a message");
                }
            }
            failures.push(json!({"itemIdentifier": record["messageId"]}));
        }
        Ok(json!({"batchItemFailures": failures}))
    }

    async fn process_message(&self, record: &Value) -> Result<(), MessageError> {
        let system = System;
        match read(record)? {
            Message::Timer(TimerMessage { timer }) => {
                let fired = fire(&self.table, &self.table, &self.outbound_clients, &system, &timer).await?;
                tracing::info!(tenant.id = %timer.tenant_id, timer = %timer.key(), outcome = ?fired, "Handled a timer");
                if fired == FireOutcome::NotYet { Err(MessageError::NotYet) } else { Ok(()) }
            }
            Message::Mail(event) => {
                handle_mail_event(&self.table.of(&event.tenant_id), &system, &event).await?;
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
