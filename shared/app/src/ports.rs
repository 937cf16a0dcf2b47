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
mod page;
mod purchases;
mod running;
mod system;
mod timers;

pub use access::{Key, KeyScope, Keys, TenantStores};
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
pub use page::{Page, PageRequest};
pub use purchases::{
    Abandonment, Applications, CommitConflict, CommitOutcome, HoldOutcome, Holds, PendingRedemption, RedemptionQuery,
    Redemptions, Rejections, RollbackOutcome, Rollbacks,
};
pub use running::{AutomationStore, Outbound};
pub use system::{Clock, Rng};
pub use timers::{OverdueTimer, OverdueTimers, SetTimers, StoredTimer, TimerPage, TimerQueue, Timers};

pub(crate) use crate::error::StoreResult;
