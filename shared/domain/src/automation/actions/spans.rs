//! Limits of the durations in steps.

use chrono::TimeDelta;

/// Minimum duration in a step.
pub(super) const MIN_WAIT: TimeDelta = TimeDelta::seconds(1);

/// Maximum duration in a step. A wait until an instant has no such limit.
pub(super) const MAX_WAIT: TimeDelta = TimeDelta::days(366);
