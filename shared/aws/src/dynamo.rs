//! One DynamoDB table: what is stored where, and how it is changed.
//!
//! | partition | sort | what |
//! |---|---|---|
//! | `t#<tenant>#coupon#<id>` | `counter` | state, version and counters: the item that redemptions contend for, kept small |
//! | | `terms` | what the operator decided |
//! | | `stats` | what the relay counts |
//! | `t#<tenant>#stats#<coupon>` | `<day>` | the same, by day |
//! | `t#<tenant>#stats`, `t#<tenant>#stats#none` | `stats`, `<day>` | the same of attempts on codes of no coupon |
//! | `t#<tenant>#threshold#<coupon>` | `<epoch>#<threshold>` | which event told that it was reached |
//! | `t#<tenant>#rejection#<key>` | `rejection` | a refused attempt |
//! | `t#<tenant>#code#<key>` | `code` | by digest of the code: which coupon it belongs to, and what became of a unique one |
//! | `t#<tenant>#job#<id>` | `job` | what a job does and how far it is |
//! | | `list#<run>` | the codes of an import, a run each |
//! | `t#<tenant>#customer#<coupon>#<identity>` | `counter` | redemptions of one customer, and when the last was |
//! | `t#<tenant>#application#<key>` | `application` | by coupon and order |
//! | `t#<tenant>#redemption#<key>` | `redemption` | by coupon and order: the one that stands |
//! | | `rolled_back#<id>` | those that were given back |
//! | `t#<tenant>#contact#<key>` | `contact` | by e-mail address, or customer id |
//! | `t#<tenant>#suppression#<key>` | `suppression` | by digest of the e-mail address: why it gets no more mail |
//! | `t#<tenant>#audience#<digest>#<shard>` | `<contact key>` | by tag, list or coupon: who is in it |
//! | `t#<tenant>#listeners#<key>` | `<execution id>` | by digest of an order or customer id: which executions hear of its events |
//! | `t#<tenant>#correlated#<key>` | `<event id>` | by the same: which events there were |
//! | `t#<tenant>#workflow#<id>` | `workflow`, `version#<n>` | the workflow and its published versions |
//! | `t#<tenant>#published#<trigger>` | `<workflow>`, `#generation` | what events are matched against |
//! | `t#<tenant>#execution#<key>` | `execution` | by event and workflow |
//! | `t#<tenant>#entered#<workflow>#<contact>` | `entered` | with which execution a contact has entered a workflow last |
//! | | `hour#<hour>` | how often in that hour |
//! | `t#<tenant>#effect#<execution>_<step>` | `effect` | that a step has edited a coupon |
//! | `t#<tenant>#signing_secrets` | `signing_secrets` | what webhooks are signed with |
//! | `t#<tenant>#events#<day>#<shard>` | `<event id>` | the event log |
//! | `t#<tenant>#idempotency#<digest>` | `request` | by idempotency key and scope: who runs the request, or its answer |
//! | `t#<tenant>` | `tenant` | that there is such a tenant, and what was set up for it |
//! | `key#<hash>` | `key` | API keys |
//! | `timers#<minute>#<shard>` | `<instant>#<tenant>#<target>` | what is due |
//! | `timers#overdue#<shard>` | `<retry instant>#<instant>#<tenant>#<target>` | when an overdue timer is sent again |
//! | `timers#set-aside` | `<instant>#<tenant>#<target>` | timers that an earlier version gave up |
//! | `scan` | `progress#<shard>` | how far the expiry scan of a shard has come |
//! | `mail` | `schedule` | when the next mail may go |
//!
//! Index `gsi1` (keys only) lists coupons, workflows, contacts, executions and redemptions of a tenant by id, which is by
//! time, the unique codes of a coupon in their order, and the coupons in whose audiences a contact is.

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
mod take;
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

/// The table, for what several tenants share.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
    workflows: Arc<WorkflowCache>,
    senders: Arc<SenderCache>,
}

impl Table {
    /// The table of that name.
    pub fn new(client: Client, name: String) -> Self {
        let config = client.config().to_builder().retry_classifier(conflict::Conflicts).build();
        Self { client: Client::from_conf(config), name, workflows: Arc::default(), senders: Arc::default() }
    }
}

/// The items of one tenant. Every key it makes begins with the tenant, and there is no other way to make one.
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

/// A failed call, with what was being done.
fn failed(doing: &'static str) -> impl Fn(Box<dyn std::error::Error + Send + Sync>) -> StoreError {
    move |source| crate::failure::failed(doing, source)
}
