//! Command that redrives dead letters and overdue timers. Operators invoke the function directly with this command.

use std::time::{Duration, Instant};

use couponflow_app::kernel::system::Clock as _;
use couponflow_app::timers::overdue::{Requeued, requeue_all};
use couponflow_aws::dynamo::Table;
use couponflow_aws::queue::Queue;
use couponflow_aws::redrive::{Redriven, redrive};
use couponflow_aws::system::System;
use couponflow_domain::kernel::input;
use couponflow_domain::kernel::input::{Errors, Field};
use lambda_runtime::Error;
use serde_json::{Map, Value, json};
use strum::VariantArray as _;

/// How long a command moves messages. Leaves enough of the function's time-out for the last calls.
const WORK: Duration = Duration::from_secs(30);

/// Default and maximum number of messages that one command moves from each place.
const LIMIT: i64 = 1000;

/// What can be redriven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Place {
    /// Stream records that the relay could not process.
    RelayDeadLetters,
    /// Stream records whose items stayed busy.
    RelayRetryDeadLetters,
    /// Events and mail events that the executor could not process.
    EventsDeadLetters,
    /// Timers that could not fire.
    TimersDeadLetters,
    /// Events that EventBridge could not deliver to the event queue.
    UndeliveredEvents,
    /// Messages that the executor could not parse.
    MalformedMessages,
    /// Timers that were resent many times without firing, and timers that an earlier version set aside.
    OverdueTimers,
}

/// Queues from which and to which dead letters are moved.
pub(crate) struct RedriveQueues {
    pub(crate) relay_retries: Queue,
    pub(crate) relay_dead_letters: Queue,
    pub(crate) relay_retry_dead_letters: Queue,
    pub(crate) events: Queue,
    pub(crate) events_dead_letters: Queue,
    pub(crate) undelivered_events: Queue,
    pub(crate) malformed_messages: Queue,
    pub(crate) timers: Queue,
    pub(crate) timers_dead_letters: Queue,
}

impl RedriveQueues {
    /// Handles `{"redrive": {"from": "events_dead_letters", "limit": 1000}}`: moves messages back to the queue whose
    /// consumer processes them. Without `from`, redrives every place. If a message returns to its place during the
    /// redrive, the message is not moved again.
    ///
    /// Returns for each place the number of `redriven` messages or timers. If `has_more` is true, call again.
    ///
    /// # Errors
    /// Returns an error if the command is invalid or a call fails. If the command is invalid, the error lists every fault.
    pub(crate) async fn run(&self, table: &Table, command: &Value) -> Result<Value, Error> {
        let (from, limit) = input::read(command, read).map_err(|errors| message(&errors))?;
        let started = Instant::now();
        let is_over = || started.elapsed() >= WORK;
        let mut redriven = Map::new();
        for place in Place::VARIANTS.iter().filter(|place| from.is_none_or(|from| from == **place)) {
            let Redriven { moved, has_more } = match self.queues(*place) {
                Some((from, to)) => redrive(from, to, limit, &System, is_over).await?,
                None => {
                    let Requeued { requeued, has_more } = requeue_all(table, None, System.now()).await?;
                    Redriven { moved: requeued, has_more }
                }
            };
            let name: &'static str = place.into();
            tracing::info!(from = name, redriven = moved, has_more, "Redrove dead letters");
            redriven.insert(name.to_owned(), json!({"redriven": moved, "has_more": has_more}));
        }
        Ok(redriven.into())
    }

    /// Returns the queue of a place and the queue to which its messages are moved; `None` for timers, which are in the table.
    fn queues(&self, place: Place) -> Option<(&Queue, &Queue)> {
        match place {
            Place::RelayDeadLetters => Some((&self.relay_dead_letters, &self.relay_retries)),
            Place::RelayRetryDeadLetters => Some((&self.relay_retry_dead_letters, &self.relay_retries)),
            Place::EventsDeadLetters => Some((&self.events_dead_letters, &self.events)),
            Place::TimersDeadLetters => Some((&self.timers_dead_letters, &self.timers)),
            Place::UndeliveredEvents => Some((&self.undelivered_events, &self.events)),
            // The executor recognizes timers and events by their contents, not by their queue.
            Place::MalformedMessages => Some((&self.malformed_messages, &self.events)),
            Place::OverdueTimers => None,
        }
    }
}

fn read(field: &Field<'_>, errors: &mut Errors) -> Option<(Option<Place>, usize)> {
    field.object(&["from", "limit"], errors)?;
    let from = field.get("from").optional(errors, |from, errors| from.parse(place, errors));
    let limit = field.get("limit").optional(errors, |limit, errors| limit.integer(1..=LIMIT, errors));
    Some((from?, usize::try_from(limit?.unwrap_or(LIMIT)).unwrap_or_default()))
}

fn place(name: &str) -> Result<Place, String> {
    let names = || Place::VARIANTS.iter().map(<&'static str>::from).collect::<Vec<_>>().join(", ");
    name.parse().map_err(|_| format!("must be one of {}", names()))
}

fn message(errors: &Errors) -> String {
    let faults = errors.iter().map(|fault| format!("redrive{} {}", fault.pointer, fault.detail));
    faults.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_command_names_every_fault() {
        let errors = input::read(&json!({"from": "nowhere", "limit": 0}), read).unwrap_err();
        let message = message(&errors);
        assert!(message.contains("redrive/from must") && message.contains("redrive/limit must"), "{message}");
        assert_eq!(input::read(&json!({}), read).unwrap(), (None, 1000));
        let timers = input::read(&json!({"from": "overdue_timers", "limit": 5}), read).unwrap();
        assert_eq!(timers, (Some(Place::OverdueTimers), 5));
    }
}
