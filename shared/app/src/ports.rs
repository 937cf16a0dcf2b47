//! Ports: the traits through which the use cases reach stores and external services.
//!
//! A store handle belongs to one tenant and can't address another tenant's items. What tenants share (keys, timers, the
//! bus) has separate traits.

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
pub use codes::{Jobs, UniqueCodes, WakeTimer};
pub use contacts::{Contacts, CreateContactOutcome, EditContacts, KnownCustomer, SetChangeOutcome};
pub use correlation::Correlation;
pub use coupons::{Code, CouponQuery, CreateOutcome, Expiry, ReadCoupons, WriteCoupons};
pub use events::{EventBus, EventLog, EventQuery, NumberedRedemption, RelayStore, StatisticsQuery, StatisticsStore};
pub use idempotency::{Claim, ClaimOutcome, Idempotency, KEY_RETENTION, KeyedRequest, LEASE, Seed};
pub use mail::{Mail, MailError, MailSlots, Mailer, Settings, Suppressions, WriteSettings};
pub use outbound::{OutboundRequest, PostError, PostResponse, SigningSecrets, Topics, Webhooks};
pub use purchases::{
    Abandonment, Applications, CommitConflict, CommitOutcome, HoldOutcome, Holds, PendingRedemption, RedemptionQuery,
    Redemptions, Rejections, RollbackOutcome, Rollbacks,
};
pub use running::{AutomationStore, Outbound};
pub use timers::{OverdueTimer, OverdueTimers, SetTimers, StoredTimer, TimerPage, TimerQueue, Timers};

use chrono::{DateTime, Utc};
use couponflow_domain::kernel::digest::Bits80;
use couponflow_domain::tenants::tenant::TenantId;

use crate::error::StoreError;

type StoreResult<T> = Result<T, StoreError>;

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

/// Creates store handles, one per tenant.
pub trait TenantStores {
    /// Handle that addresses one tenant's items only.
    type Store;
    /// Returns the handle of a tenant.
    fn of(&self, tenant: &TenantId) -> Self::Store;
}

/// One page of a list, newest first unless the method says otherwise.
#[derive(Debug, Clone)]
pub struct Page<T> {
    pub data: Vec<T>,
    /// Start of the next page; `None` on the last page.
    pub next_cursor: Option<String>,
}

/// Selects a page of a list.
#[derive(Debug, Clone)]
pub struct PageRequest {
    /// Maximum number of elements.
    pub limit: usize,
    /// Start of the page; `None` for the first page.
    pub cursor: Option<String>,
}
