//! Moves the messages of a dead-letter queue back to the queue whose consumer can process them.
//!
//! `StartMessageMoveTask` of SQS moves messages only if SQS itself moved them to the dead-letter queue. Most dead-letter
//! queues of this application are filled by EventBridge or by functions.

use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::system::Clock;

use crate::queue::Queue;

/// Result of a redrive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Redriven {
    /// Number of messages that were moved.
    pub moved: usize,
    /// Whether the queue can have further messages that were sent before the redrive started.
    pub has_more: bool,
}

/// Moves the messages that were sent before the call: at most `limit`, rounded up to a multiple of ten. If a message
/// returns to the dead-letter queue during the redrive, the message is not moved again. Stops when `is_over` returns
/// true.
///
/// # Errors
/// Returns an error if a call fails. Messages that were moved before stay moved.
pub async fn redrive(
    from: &Queue,
    to: &Queue,
    limit: usize,
    clock: &impl Clock,
    is_over: impl Fn() -> bool,
) -> Result<Redriven, StoreError> {
    let started = clock.now();
    let mut moved = 0;
    while moved < limit && !is_over() {
        match from.move_batch(to, started).await? {
            Some(count) => moved += count,
            None => return Ok(Redriven { moved, has_more: false }),
        }
    }
    Ok(Redriven { moved, has_more: true })
}
