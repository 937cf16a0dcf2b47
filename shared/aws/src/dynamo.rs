//! Stores everything in one DynamoDB table.
//!
//! | partition key | sort key | contents |
//! |---|---|---|
//! | `t#<tenant>#coupon#<id>` | `counter` | state, version and counters; kept small because redemptions contend |
//! | | `terms` | terms of the coupon, as the operator set them |
//! | | `stats` | statistics of all time, counted by the relay |
//! | `t#<tenant>#stats#<coupon>` | `<day>` | statistics per day |
//! | `t#<tenant>#stats`, `t#<tenant>#stats#none` | `stats`, `<day>` | statistics of attempts on codes of no coupon |
//! | `t#<tenant>#threshold#<coupon>` | `<epoch>#<threshold>` | event that claimed the threshold in this limit epoch |
//! | `t#<tenant>#rejection#<key>` | `rejection` | rejected attempt to apply or redeem a code |
//! | `t#<tenant>#code#<key>` | `code` | by digest of the code: its coupon; if unique, its hold and redemption |
//! | `t#<tenant>#job#<id>` | `job` | job and its progress |
//! | | `list#<run>` | codes of an import, one item per run |
//! | `t#<tenant>#customer#<coupon>#<identity>` | `counter` | a customer's number of redemptions and latest redemption |
//! | `t#<tenant>#application#<key>` | `application` | application, by coupon and order |
//! | `t#<tenant>#redemption#<key>` | `redemption` | active redemption, by coupon and order |
//! | | `rolled_back#<id>` | redemptions that were rolled back |
//! | `t#<tenant>#contact#<key>` | `contact` | contact, by e-mail address or customer id |
//! | `t#<tenant>#suppression#<key>` | `suppression` | by digest of the e-mail address: why it receives no more mail |
//! | `t#<tenant>#audience#<digest>#<shard>` | `<contact key>` | members of an audience, by tag, list or coupon |
//! | `t#<tenant>#listeners#<key>` | `<execution id>` | by digest of an order or customer id: executions to resume |
//! | `t#<tenant>#correlated#<key>` | `<event id>` | by digest of an order or customer id: its events |
//! | `t#<tenant>#workflow#<id>` | `workflow`, `version#<n>` | workflow and its published versions |
//! | `t#<tenant>#published#<trigger>` | `<workflow>`, `#generation` | published workflows to match events against |
//! | `t#<tenant>#execution#<key>` | `execution` | execution, by event and workflow |
//! | `t#<tenant>#entered#<workflow>#<contact>` | `entered` | latest execution of the workflow for the contact |
//! | | `hour#<hour>` | number of entries in that hour |
//! | `t#<tenant>#effect#<execution>_<step>` | `effect` | marks that a step has edited a coupon |
//! | `t#<tenant>#signing_secrets` | `signing_secrets` | secrets that webhooks are signed with |
//! | `t#<tenant>#events#<day>#<shard>` | `<event id>` | event log |
//! | `t#<tenant>#idempotency#<digest>` | `request` | by key and scope: claim of a running request, or answer |
//! | `t#<tenant>` | `tenant` | tenant and its settings |
//! | `key#<hash>` | `key` | API key |
//! | `timers#<minute>#<shard>` | `<instant>#<tenant>#<target>` | timers that are due in this minute |
//! | `timers#overdue#<shard>` | `<retry instant>#<instant>#<tenant>#<target>` | overdue timers, by next resend |
//! | `timers#set-aside` | `<instant>#<tenant>#<target>` | timers that an earlier version gave up |
//! | `scan` | `progress#<shard>` | progress of the expiry scan in a shard |
//! | `mail` | `schedule` | instant of the next free mail slot |
//!
//! Index `gsi1` (keys only) lists a tenant's coupons, workflows, contacts, executions and redemptions by id, which
//! sorts by time. It also lists the unique codes of a coupon by code, the events of a contact, and the coupons whose
//! audiences a contact belongs to.

mod abandonment;
mod api_keys;
mod applications;
mod audiences;
mod code_redemptions;
mod conflict;
mod contact_edits;
mod contact_sets;
mod contacts;
mod correlation;
mod counter;
mod coupons;
mod deduct;
mod edits;
mod erasure;
mod events;
mod executions;
mod expiry;
mod holds;
mod idempotency;
mod item;
mod jobs;
mod keys;
mod listing;
mod mail_rate;
mod overdue;
mod page;
mod published;
mod redemptions;
mod rejections;
mod relay;
mod rollbacks;
mod settings;
mod signing_secrets;
mod statistics;
mod suppressions;
mod timers;
mod transact;
mod unique_codes;
mod workflows;

pub use mail_rate::MailRate;

pub(crate) use applications::ApplicationItem;
pub(crate) use counter::{CounterItem, Notice, instant};
pub(crate) use rejections::RejectionItem;
pub(crate) use timers::TimerItem;
pub(crate) use unique_codes::UniqueCodeItem;

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use couponflow_app::error::StoreError;
use couponflow_app::ports::TenantStores;
use couponflow_domain::tenant::TenantId;

use keys::TenantKeys;
use published::WorkflowCache;
use settings::SenderCache;

/// The table as all tenants share it. [`TenantStores::of`] returns a handle for one tenant.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
    workflows: Arc<WorkflowCache>,
    senders: Arc<SenderCache>,
}

impl Table {
    /// Creates a client of the table with this name.
    pub fn new(client: Client, name: String) -> Self {
        let config = client.config().to_builder().retry_classifier(conflict::ConflictClassifier).build();
        Self { client: Client::from_conf(config), name, workflows: Arc::default(), senders: Arc::default() }
    }
}

/// Store handle of one tenant. It builds every key from the tenant's id and cannot address another tenant's items.
#[derive(Debug, Clone)]
pub struct TenantStore {
    table: Table,
    keys: TenantKeys,
}

impl TenantStores for Table {
    type Store = TenantStore;

    fn of(&self, tenant: &TenantId) -> TenantStore {
        TenantStore { table: self.clone(), keys: TenantKeys::new(tenant.clone()) }
    }
}

/// Returns a converter of failed calls into store errors; `doing` says what the call was for.
fn failed(doing: &'static str) -> impl Fn(Box<dyn std::error::Error + Send + Sync>) -> StoreError {
    move |source| crate::failure::failed(doing, source)
}
