//! Builds the primary keys of the items that tenants share: API keys, sessions, timers, the progress of
//! the scan and of the sweep, and the mail schedule.

use chrono::{DateTime, Utc};
use couponflow_domain::tenants::api_key::SecretHash;
use couponflow_domain::timers::timer::{Bucket, Timer};

use super::key::Key;

pub(crate) fn api_key(secret_hash: &SecretHash) -> Key {
    Key::new(format!("key#{secret_hash}"), "key")
}

pub(crate) fn session(token_hash: &str) -> Key {
    Key::new(format!("session#{token_hash}"), "session")
}

pub(crate) fn sign_in_link(token_hash: &str) -> Key {
    Key::new(format!("sign_in_link#{token_hash}"), "sign_in_link")
}

pub(crate) fn bucket(bucket: Bucket) -> String {
    format!("timers#{}#{}", bucket.minute.format("%Y%m%dT%H%M"), bucket.shard)
}

pub(crate) fn timer(timer: &Timer) -> Key {
    Key::new(bucket(timer.bucket()), timer.key())
}

/// Partition of the timers that an earlier version set aside.
pub(crate) const SET_ASIDE: &str = "timers#set-aside";

pub(crate) fn timer_set_aside(timer: &Timer) -> Key {
    Key::new(SET_ASIDE, timer.key())
}

/// Partition that lists a shard's overdue timers by the instant of their next resend.
pub(crate) fn overdue_list(shard: u8) -> String {
    format!("timers#overdue#{shard}")
}

pub(crate) fn overdue(timer: &Timer, retry_at: DateTime<Utc>) -> Key {
    let sk = format!("{:015}#{}", retry_at.timestamp_millis(), timer.key());
    Key::new(overdue_list(timer.bucket().shard), sk)
}

pub(crate) fn scan_progress(shard: u8) -> Key {
    Key::new("scan", format!("progress#{shard}"))
}

/// Key of the scan progress that earlier versions stored for all shards together.
pub(crate) fn common_scan_progress() -> Key {
    Key::new("scan", "progress")
}

/// Key of the progress of the sweep for events that were not published.
pub(crate) fn sweep_progress() -> Key {
    Key::new("sweep", "progress")
}

pub(crate) fn mail_schedule() -> Key {
    Key::new("mail", "schedule")
}
