//! Retry schedules of steps.

use chrono::{DateTime, TimeDelta, Utc};

use super::steps::StepRecord;
use crate::automation::actions::{Action, RetrySchedule};
use crate::delivery::webhook;
use crate::kernel::digest::Bits80;

/// Maximum attempts at a step before it fails. Webhooks have a separate retry schedule.
pub const MAX_ATTEMPTS: usize = 8;

/// Delay before the second attempt. It doubles with each further attempt. Jitter adds up to half of
/// the delay, so that steps that failed at the same time are not retried at the same time.
const FIRST_BACKOFF: TimeDelta = TimeDelta::seconds(5);

/// Maximum attempts at a step.
pub(super) fn max_attempts(action: &Action) -> usize {
    match action.kind().properties().retries {
        RetrySchedule::Webhook => webhook::MAX_ATTEMPTS as usize,
        RetrySchedule::Backoff => MAX_ATTEMPTS,
    }
}

/// Returns the time of the next attempt at a step. Returns `None` after the last permitted attempt.
pub(super) fn next_attempt(
    action: &Action,
    record: &StepRecord,
    jitter: Bits80,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let tries = record.tries();
    match action.kind().properties().retries {
        RetrySchedule::Webhook => {
            let delay = webhook::retry_delay(u32::try_from(tries).unwrap_or(u32::MAX), jitter);
            delay.map(|delay| now + delay)
        }
        RetrySchedule::Backoff if tries >= MAX_ATTEMPTS => None,
        RetrySchedule::Backoff => {
            let doublings = u32::try_from(tries.saturating_sub(1)).unwrap_or(u32::MAX);
            let base = FIRST_BACKOFF * 2_i32.saturating_pow(doublings);
            Some(now + base + base * i32::from(jitter[0]) / 512)
        }
    }
}
