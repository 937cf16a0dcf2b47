//! From the schedule's event to one scan.

use std::time::{Duration, SystemTime};

use couponflow_app::expiry_scan::{Scanned, scan};
use couponflow_aws::dynamo::Table;
use couponflow_aws::system::System;
use couponflow_aws::timer_queue::SqsTimers;
use lambda_runtime::{Error, LambdaEvent};
use serde_json::{Value, json};

/// Time between the scan's deadline and the function's: what is under way when the deadline passes ends within it.
const MARGIN: Duration = Duration::from_secs(10);

/// Time before the function's deadline at which a scan is given up that did not stop by itself, because its calls hang.
/// What it recorded stays recorded.
const LAST_MOMENT: Duration = Duration::from_secs(1);

/// How long a scan may take where the runtime gives no instant as the deadline: `cargo lambda watch` gives a length of time.
const WITHOUT_DEADLINE: Duration = Duration::from_secs(50);

/// Why a scan was not done, or not wholly.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScanError {
    /// What came is not the schedule's event.
    #[error("expected an EventBridge event with the detail-type \"Scheduled Event\", got {0}")]
    NotTheSchedule(String),
    /// Some timers could not be read, sent or recorded. The next scan tries again.
    #[error("{0} timers or buckets could not be read, sent or recorded")]
    Incomplete(usize),
    /// The table or the queue answers too slowly. The next scan goes on where this one was.
    #[error("the scan did not come to its end in time")]
    TooSlow,
}

/// Scans once, until shortly before the function's deadline; the next scan goes on where this one stopped.
///
/// # Errors
/// Fails the invocation, which shows in the function's metrics; the next scan catches up.
pub(crate) async fn handle(
    table: &Table,
    queue: &SqsTimers<System>,
    event: LambdaEvent<Value>,
) -> Result<Value, Error> {
    let LambdaEvent { payload, context } = event;
    if payload["detail-type"] != "Scheduled Event" {
        return Err(ScanError::NotTheSchedule(payload["detail-type"].to_string()).into());
    }
    let now = SystemTime::now();
    let given = context.deadline();
    let deadline = if given > now { given } else { now + WITHOUT_DEADLINE };
    let before = |margin| deadline.checked_sub(margin).unwrap_or(SystemTime::UNIX_EPOCH);
    let left = before(LAST_MOMENT).duration_since(now).unwrap_or_default();
    let scan = scan(table, queue, &System, before(MARGIN).into());
    let scanned = tokio::time::timeout(left, scan).await.map_err(|_| ScanError::TooSlow)?;
    let Scanned { buckets, sent, listed, failed, is_cut_short } = scanned;
    tracing::info!(buckets, sent, listed, failed, is_cut_short, "Scanned for due timers");
    match failed {
        0 => Ok(json!({"buckets": buckets, "sent": sent, "listed": listed, "is_cut_short": is_cut_short})),
        failed => Err(ScanError::Incomplete(failed).into()),
    }
}
