//! What the use cases need of the world: one trait per need.
//!
//! A store handle belongs to one tenant and can't address another's items; what several tenants share (keys, timers,
//! the bus) has traits of its own.

mod access;
mod automation;
mod codes;
mod contacts;
mod correlation;
mod coupons;
mod events;
mod idempotency;
mod mail;
mod outbound;
mod purchases;
mod running;
mod timers;

pub use access::{Key, KeyScope, Keys};
pub use automation::{
    ExecutionQuery, Executions, PublishedWorkflows, StartOutcome, Workflow, WorkflowStatus, WorkflowVersion, Workflows,
};
pub use codes::{Jobs, UniqueCodes, Wake};
pub use contacts::{Changed, Contacts, EditContacts, KnownCustomer, MadeContact};
pub use correlation::Correlation;
pub use coupons::{Code, CouponQuery, Created, Expiry, ReadCoupons, WriteCoupons};
pub use events::{EventBus, EventLog, EventQuery, NumberedRedemption, RelayStore, StatisticsQuery, StatisticsStore};
pub use idempotency::{Claim, Claimed, Idempotency, KEPT, KeyedRequest, LEASE, Seed};
pub use mail::{Mail, MailError, MailSlots, Mailer, Settings, Suppressions, WriteSettings};
pub use outbound::{Answered, OutboundRequest, PostError, SigningSecrets, Topics, Webhooks};
pub use purchases::{
    Abandonment, Applications, Commit, CommitConflict, Held, Holds, PendingRedemption, RedemptionQuery, Redemptions,
    Rejections, Rollbacks, RolledBack,
};
pub use running::{Automation, Outbound};
pub use timers::{OverdueTimer, OverdueTimers, Part, StoredTimer, TimerQueue, Timers};

use chrono::{DateTime, Utc};
use couponflow_domain::digest::Bits80;
use couponflow_domain::tenant::TenantId;

use crate::error::StoreError;

type Stored<T> = Result<T, StoreError>;

/// Reads the current time.
pub trait Clock {
    /// Returns the current time, to the millisecond.
    fn now(&self) -> DateTime<Utc>;
}

/// Generates random numbers.
pub trait Rng {
    /// Returns 80 random bits.
    fn bits(&self) -> Bits80;
}

/// Store handles, one per tenant.
pub trait TenantStores {
    /// A handle that addresses one tenant's items and no others.
    type Store;
    /// The handle of a tenant.
    fn of(&self, tenant: &TenantId) -> Self::Store;
}

/// One page of a list, newest first.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The elements.
    pub data: Vec<T>,
    /// Where the next page begins; none after the last.
    pub next_cursor: Option<String>,
}

/// Which page is asked for.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// At most so many elements.
    pub limit: usize,
    /// Where it begins.
    pub cursor: Option<String>,
}
