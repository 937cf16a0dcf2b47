//! From the schedule's event to one scan.

use couponflow_app::error::StoreError;
use couponflow_app::expiry_scan::scan;
use couponflow_app::ports::Environment as _;
use couponflow_aws::dynamo::Table;
use couponflow_aws::environment::SystemEnvironment;
use couponflow_aws::timer_queue::SqsTimers;
use lambda_runtime::Error;
use serde_json::{Value, json};

/// Why a scan was not done, or not wholly.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScanError {
    /// What came is not the schedule's event.
    #[error("expected an EventBridge event with the detail-type \"Scheduled Event\", got {0}")]
    NotTheSchedule(String),
    /// The timers can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Some buckets could not be read, or timers not sent. The next scan tries again.
    #[error("{0} buckets could not be read, or timers not sent")]
    Incomplete(usize),
}

/// Scans once.
///
/// # Errors
/// Fails the invocation, which shows in the function's metrics; the next scan catches up.
pub(crate) async fn handle(table: &Table, queue: &SqsTimers<SystemEnvironment>, event: &Value) -> Result<Value, Error> {
    if event["detail-type"] != "Scheduled Event" {
        return Err(ScanError::NotTheSchedule(event["detail-type"].to_string()).into());
    }
    let scanned = scan(table, queue, SystemEnvironment.now()).await.map_err(ScanError::from)?;
    tracing::info!(
        buckets = scanned.buckets,
        sent = scanned.sent,
        set_aside = scanned.set_aside,
        failed = scanned.failed,
        "Scanned for due timers"
    );
    match scanned.failed {
        0 => Ok(json!({"buckets": scanned.buckets, "sent": scanned.sent, "set_aside": scanned.set_aside})),
        failed => Err(ScanError::Incomplete(failed).into()),
    }
}
