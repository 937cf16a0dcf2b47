//! From a batch of queue messages to executions, and to the list of messages that must come again.

use couponflow_app::error::{StoreError, chain};
use couponflow_app::execute::handle_event;
use couponflow_app::guard::{Panicked, guarded};
use couponflow_app::mail_events::take_mail_event;
use couponflow_app::ports::TenantStores as _;
use couponflow_app::timers::{Fired, fire};
use couponflow_aws::dynamo::Table;
use couponflow_aws::system::System;
use couponflow_aws::timer_queue::TimerMessage;
use couponflow_domain::event::{Envelope, Event, SOURCE};
use couponflow_domain::mail_event::{self, MailEvent, NoMailEvent};
use futures_util::future::join_all;
use lambda_runtime::Error;
use serde_json::{Value, json};

use crate::outbound_clients::OutboundClients;

/// The action executor.
pub(crate) struct Executor {
    pub(crate) table: Table,
    pub(crate) outbound_clients: OutboundClients,
}

/// What a message asks for.
enum Message {
    Event(Box<Event>),
    Timer(TimerMessage),
    Mail(MailEvent),
}

/// Why a message was not dealt with.
#[derive(Debug, thiserror::Error)]
enum MessageError {
    /// Says where, and nothing of what stands there: it may be personal.
    #[error("the message is neither an event of this bus nor a timer: {0}")]
    Malformed(&'static str),
    #[error(transparent)]
    NoMailEvent(#[from] NoMailEvent),
    #[error("another instance is at it, or its time has not come")]
    NotYet,
    #[error("dealing with it panicked")]
    Panicked,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Executor {
    /// Deals with a batch, all messages at once: a timer that waits out its last fraction of a second holds up nothing.
    /// A message that fails is reported by its id and comes again, and after several times goes to the dead-letter
    /// queue; those beside it are done.
    ///
    /// # Errors
    /// Where the event is no batch of messages at all.
    pub(crate) async fn handle(&self, event: Value) -> Result<Value, Error> {
        let Value::Array(batch) = &event["Records"] else {
            return Err("expected an SQS event with `Records`".into());
        };
        let outcomes = join_all(batch.iter().map(async |record| {
            // A panic fails its own message, not the whole batch.
            guarded(self.deal_with(record)).await.unwrap_or_else(|Panicked| Err(MessageError::Panicked))
        }))
        .await;
        let mut failures = Vec::new();
        for (record, outcome) in batch.iter().zip(outcomes) {
            match outcome {
                Ok(()) => continue,
                Err(MessageError::NotYet) => {
                    tracing::info!(message.id = %record["messageId"], "Left a message for later")
                }
                Err(error) => {
                    tracing::error!(message.id = %record["messageId"], error = %chain(&error), "Could not deal with a message");
                }
            }
            failures.push(json!({"itemIdentifier": record["messageId"]}));
        }
        Ok(json!({"batchItemFailures": failures}))
    }

    async fn deal_with(&self, record: &Value) -> Result<(), MessageError> {
        let system = System;
        match read(record)? {
            Message::Timer(TimerMessage { timer }) => {
                let fired = fire(&self.table, &self.table, &self.outbound_clients, &system, &timer).await?;
                tracing::info!(tenant.id = %timer.tenant_id, timer = %timer.key(), outcome = ?fired, "Handled a timer");
                if fired == Fired::NotYet { Err(MessageError::NotYet) } else { Ok(()) }
            }
            Message::Mail(event) => {
                take_mail_event(&self.table.of(&event.tenant_id), &system, &event).await?;
                tracing::info!(tenant.id = %event.tenant_id, execution.id = %event.execution_id, kind = ?event.kind, "Handled what became of a mail");
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
    let body: Value = serde_json::from_str(body).map_err(|_| MessageError::Malformed("the body is not JSON"))?;
    if body.get("timer").is_some() {
        let timer = serde_json::from_value(body).map_err(|_| MessageError::Malformed("/timer is not a timer"))?;
        return Ok(Message::Timer(timer));
    }
    if body["source"] == mail_event::SOURCE {
        return Ok(Message::Mail(MailEvent::read(&body)?));
    }
    let envelope: Envelope = serde_json::from_value(body)
        .map_err(|_| MessageError::Malformed("source, detail-type or detail is missing or of another form"))?;
    if envelope.source != SOURCE {
        return Err(MessageError::Malformed("its source is another one"));
    }
    Ok(Message::Event(Box::new(Event::from(envelope))))
}
