//! Slots of messages in the schedules of the rate limit.

use chrono::{DateTime, Utc};

/// Slot of a message: an instant in a schedule of the rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendSlot {
    /// Earliest instant of the next action: sending the message, or, for a slot of the tenant's schedule, reserving a
    /// slot of the account's schedule.
    pub instant: DateTime<Utc>,
    pub schedule: SendSchedule,
}

/// Schedule of the rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendSchedule {
    /// Orders the messages of one tenant. The message needs a slot of the account afterwards.
    Tenant,
    /// Limits the messages of all tenants together.
    Account,
}
