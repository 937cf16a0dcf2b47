//! Runs one timer scan for each event of the schedule.

use std::time::{Duration, SystemTime};

use couponflow_app::timers::expiry_scan::{Scanned, scan};
use couponflow_aws::dynamo::Table;
use couponflow_aws::system::System;
use couponflow_aws::timer_queue::SqsTimerQueue;
use lambda_runtime::{Error, LambdaEvent};
use serde_json::{Value, json};

/// Time between the scan's deadline and the function's deadline. The scan starts no new batch of
/// timers after the scan's deadline, and uses this time to finish the current batch.
const MARGIN: Duration = Duration::from_secs(10);

/// Time between the abort of a scan and the function's deadline. The function aborts a scan that is
/// still running this long before the deadline, for example because a call hangs. The table keeps
/// the progress that the scan has recorded.
const ABORT_MARGIN: Duration = Duration::from_secs(1);

/// Time limit of an invocation if the runtime reports no valid deadline. `cargo lambda watch`
/// reports a duration where the function expects an instant.
const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(50);

/// Reason why an invocation fails.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScanError {
    #[error("expected an EventBridge event with the detail-type \"Scheduled Event\", got {0}")]
    UnexpectedEvent(String),
    /// The next scan retries these timers and buckets. A bucket holds the timers of one minute.
    #[error("{0} timers or buckets could not be read, sent or recorded")]
    Incomplete(usize),
    /// The next scan continues from the recorded progress.
    #[error("the scan did not finish before the function's deadline")]
    TooSlow,
}

/// Runs one scan. A scan that reaches its deadline stops early without an error, and the next scan
/// continues from the recorded progress.
///
/// # Errors
/// Returns an error if the event is not from the schedule, a timer could not be processed, or the
/// scan was aborted. The error counts in the function's error metric. The next scan retries.
pub(crate) async fn handle(
    table: &Table,
    queue: &SqsTimerQueue<System>,
    event: LambdaEvent<Value>,
) -> Result<Value, Error> {
    let LambdaEvent { payload, context } = event;
    if payload["detail-type"] != "Scheduled Event" {
        return Err(ScanError::UnexpectedEvent(payload["detail-type"].to_string()).into());
    }
    let now = SystemTime::now();
    let given = context.deadline();
    let deadline = if given > now { given } else { now + DEFAULT_TIME_LIMIT };
    let before = |margin| deadline.checked_sub(margin).unwrap_or(SystemTime::UNIX_EPOCH);
    let left = before(ABORT_MARGIN).duration_since(now).unwrap_or_default();
    let scan = scan(table, queue, &System, before(MARGIN).into());
    let scanned = tokio::time::timeout(left, scan).await.map_err(|_| ScanError::TooSlow)?;
    let Scanned { buckets, sent, listed, failed, is_cut_short } = scanned;
    tracing::info!(buckets, sent, listed, failed, is_cut_short, "Scanned for due timers");
    match failed {
        0 => Ok(json!({"buckets": buckets, "sent": sent, "listed": listed, "is_cut_short": is_cut_short})),
        failed => Err(ScanError::Incomplete(failed).into()),
    }
}
