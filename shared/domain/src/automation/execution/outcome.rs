//! Outcomes of attempts at steps.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::send_slot::SendSchedule;
use crate::delivery::webhook::RetryAfter;
use crate::kernel::cursor::Cursor;

/// Outcome of an attempt at a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The step is done and has these outputs for later steps.
    Completed(Map<String, Value>),
    /// The step had nothing to do, for this reason.
    Skipped(String),
    /// The step is not done, for this reason. The next attempt may succeed.
    Retry(String),
    /// The step is not done, and the receiver asks for no further attempt before an instant. Counts
    /// as an attempt, like [`Outcome::Retry`].
    RetryAfter(String, RetryAfter),
    /// The step is not done, for this reason. Further attempts can't succeed.
    Failed(String),
    /// The step may or may not have been performed. It is repeated only with [`OnUnknown::Retry`](crate::automation::workflow::OnUnknown::Retry).
    Unknown(String),
    /// A wait has started. The step is done at this instant.
    WaitUntil(DateTime<Utc>),
    /// A wait for an event or a change of the contact has started. The wait times out at this
    /// instant.
    ListenUntil(DateTime<Utc>),
    /// The step took the branch with this index, for this reason.
    TookBranch(usize, String),
    /// The step was not attempted, because it may not run before an instant.
    NotBefore {
        instant: DateTime<Utc>,
        why: String,
        /// Schedule in which the rate limit assigned the instant to the message as its slot. The next attempt uses the
        /// slot. `None` if the instant is no slot.
        slot_of: Option<SendSchedule>,
    },
    /// A part of an audience is done. The next attempt continues with the next part.
    More {
        /// Where the next part starts.
        cursor: Cursor,
        /// Number of executions started in this part.
        begun: u64,
    },
    /// The execution ends here, for this reason.
    End(String),
}
