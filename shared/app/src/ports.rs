//! What the use cases need of the world: one trait per need.
//!
//! A store handle belongs to one tenant and can't address another's items; what several tenants share (keys, timers,
//! the bus) has traits of its own.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use couponflow_domain::code::CouponCode;
use couponflow_domain::contact::Contact;
use couponflow_domain::coupon::{Coupon, State};
use couponflow_domain::customer::{Customer, Email};
use couponflow_domain::digest::Bits80;
use couponflow_domain::event::{CouponSnapshot, Event, EventType};
use couponflow_domain::execution::Execution;
use couponflow_domain::ids::{ApplicationId, ContactId, CouponId, ExecutionId, KeyId, RedemptionId, WorkflowId};
use couponflow_domain::plan::{Entry, Published};
use couponflow_domain::purchase::{Application, Redemption, Rollback};
use couponflow_domain::tenant::TenantId;
use couponflow_domain::timer::{Bucket, Progress, Timer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::StoreError;

type Stored<T> = Result<T, StoreError>;

/// Time and chance.
pub trait Environment {
    /// The instant.
    fn now(&self) -> DateTime<Utc>;
    /// 80 random bits.
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

/// Reads coupons, always as they are at the time of the call.
pub trait ReadCoupons {
    /// The coupon with the id, deleted ones included.
    async fn coupon(&self, id: &CouponId) -> Stored<Option<Coupon>>;
    /// The coupon that a code belongs to.
    async fn coupon_of_code(&self, code: &CouponCode) -> Stored<Option<CouponId>>;
}

/// What came of creating something that must be unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// It is new.
    New,
    /// There is one already.
    Taken,
}

/// Changes coupons.
pub trait WriteCoupons: ReadCoupons {
    /// Stores a new coupon with its code and, where it expires, the timer for that; all or nothing.
    async fn create_coupon(&self, coupon: &Coupon) -> Stored<Created>;
    /// Moves a coupon from the version that it was read in to another state, and where it is switched on again sets the
    /// timer of its expiry again; false where it has changed since.
    async fn set_state(&self, coupon: &Coupon, state: State, now: DateTime<Utc>) -> Stored<bool>;
    /// Coupons, newest first.
    async fn coupons(&self, page: &PageRequest) -> Stored<Page<Coupon>>;
}

/// Keeps applications.
pub trait Applications {
    /// Records an application, or replaces the one of the same coupon and order, which keeps its id. It fires where its
    /// price is new. Answers with what is stored then.
    async fn record_application(
        &self,
        application: &Application,
        coupon: &CouponSnapshot,
        correlation_id: &str,
    ) -> Stored<Application>;
    /// The application with the id.
    async fn application(&self, id: &ApplicationId) -> Stored<Option<Application>>;
    /// The application of a coupon to an order.
    async fn application_for_order(&self, coupon_id: &CouponId, order_id: &str) -> Stored<Option<Application>>;
}

/// What came of trying to hold a redemption.
#[derive(Debug, Clone, PartialEq)]
pub enum Held {
    /// It is reserved, and the application recorded.
    Now(Box<Application>),
    /// The coupon does not permit it; this is the coupon as it is.
    Refused(Box<Coupon>),
    /// The application changed at the same time.
    Changed,
}

/// Reserves redemptions for applications.
pub trait Holds: Applications + ReadCoupons {
    /// Records an application that has a hold, and reserves a redemption for it under the terms in `coupon`, all in one
    /// write with the timer of the hold's end. Where the order has a hold already, that one is prolonged.
    async fn hold(
        &self,
        application: &Application,
        coupon: &Coupon,
        now: DateTime<Utc>,
        correlation_id: &str,
    ) -> Stored<Held>;
    /// Ends a hold that has run out: gives its redemption back and fires. False where it was redeemed, released or
    /// prolonged meanwhile.
    async fn expire_hold(&self, application: &Application, coupon: &Coupon, timer: &Timer) -> Stored<bool>;
    /// Removes an application, and gives back the redemption that is held for it; false where it changed meanwhile.
    async fn remove_application(&self, application: &Application, coupon: &Coupon) -> Stored<bool>;
}

/// What came of trying to commit a redemption.
#[derive(Debug, Clone, PartialEq)]
pub enum Commit {
    /// It is committed: counted, recorded, and on its way to the bus.
    Committed,
    /// The order was redeemed with this coupon before; this is that redemption.
    Existing(Box<Redemption>),
    /// The coupon has changed or no longer permits it; this is the coupon as it is.
    Refused(Box<Coupon>),
    /// The customer has used every redemption permitted to them.
    CustomerLimit,
    /// The hold that was to be used is over.
    HoldGone,
}

/// Keeps redemptions.
pub trait Redemptions {
    /// Commits a redemption under the terms in `coupon`, all in one write: that those are still its terms, that it is
    /// active and not expired at `now`, that a redemption is left in all and for this customer, and that the order was
    /// not redeemed before. Where `held` is an application with a hold, it is that redemption which is used.
    async fn commit_redemption(
        &self,
        redemption: &Redemption,
        coupon: &Coupon,
        held: Option<&Application>,
        now: DateTime<Utc>,
        correlation_id: &str,
    ) -> Stored<Commit>;
    /// The redemption of a coupon for an order.
    async fn redemption_for_order(&self, coupon_id: &CouponId, order_id: &str) -> Stored<Option<Redemption>>;
    /// The redemption with the id, whether it stands or was given back.
    async fn redemption(&self, id: &RedemptionId) -> Stored<Option<Redemption>>;
}

/// What came of trying to give a redemption back.
#[derive(Debug, Clone, PartialEq)]
pub enum RolledBack {
    /// It is given back now.
    Now,
    /// The redemption or the coupon changed since they were read.
    Changed,
}

/// Gives redemptions back.
pub trait Rollbacks: Redemptions + ReadCoupons {
    /// Gives a redemption back that stands as it was read, and where `rollback` releases it, counts it out of the coupon
    /// and of its customer's, all in one write. A coupon that was full begins a new limit epoch.
    async fn roll_back(
        &self,
        redemption: &Redemption,
        rollback: Rollback,
        coupon: &Coupon,
        correlation_id: &str,
    ) -> Stored<RolledBack>;
}

/// Makes a due coupon expired.
pub trait Expiry {
    /// Marks the coupon expired if it is active and expires at `expires_at`, and takes the timer away, in one write.
    /// False where it is paused, deleted, expired or expires at another instant.
    async fn expire_coupon(&self, id: &CouponId, expires_at: DateTime<Utc>, timer: &Timer) -> Stored<bool>;
}

/// What the relay needs of the store.
pub trait RelayStore {
    /// Gives a redemption its number, once, and answers with it and the correlation id of its request.
    async fn number_redemption(&self, id: &RedemptionId, number: i64) -> Stored<(Redemption, Option<String>)>;
    /// A redemption that was given back, and the correlation id of the request that did it.
    async fn rolled_back_redemption(&self, id: &RedemptionId) -> Stored<(Redemption, Option<String>)>;
    /// Logs an event and counts it, once; where it was logged before, that is all.
    async fn log_event(&self, event: &Event) -> Stored<()>;
}

/// Which events of the log are wanted.
#[derive(Debug, Clone, Default)]
pub struct EventQuery {
    /// Of this coupon.
    pub coupon_id: Option<CouponId>,
    /// Of this type.
    pub kind: Option<EventType>,
    /// At or after.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub to: Option<DateTime<Utc>>,
}

/// Reads the event log.
pub trait EventLog {
    /// Events as they went to the bus, newest first.
    async fn events(&self, query: &EventQuery, page: &PageRequest, now: DateTime<Utc>) -> Stored<Page<Value>>;
}

/// Keeps contacts.
pub trait Contacts {
    /// The contact of a customer, made or brought up to date with what the storefront said last.
    async fn see_customer(&self, customer: &Customer, now: DateTime<Utc>) -> Stored<Contact>;
    /// The contact with the id.
    async fn contact(&self, id: &ContactId) -> Stored<Option<Contact>>;
    /// The contact with the address.
    async fn contact_by_email(&self, email: &Email) -> Stored<Option<Contact>>;
    /// Adds a tag; adding it again changes nothing.
    async fn add_tag(&self, id: &ContactId, tag: &str) -> Stored<()>;
    /// Takes a tag off; taking it off again changes nothing.
    async fn remove_tag(&self, id: &ContactId, tag: &str) -> Stored<()>;
    /// Contacts, newest first.
    async fn contacts(&self, page: &PageRequest) -> Stored<Page<Contact>>;
}

/// Whether events begin executions of a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkflowStatus {
    /// Never published since it was made.
    Draft,
    /// Its latest published version runs.
    Published,
    /// Begins nothing; executions under way go on.
    Paused,
}

/// A workflow as operators see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Workflow {
    /// Its id.
    pub id: WorkflowId,
    /// Draft, published or paused.
    pub status: WorkflowStatus,
    /// The version published last; 0 for a draft.
    pub version: i64,
    /// The document as its author wrote it.
    pub document: Value,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// When it changed last.
    pub updated_at: DateTime<Utc>,
}

/// Reads what the executor runs.
pub trait PublishedWorkflows {
    /// Every published workflow, as of this call: a workflow published before it is in.
    async fn published(&self) -> Stored<Arc<Vec<Published>>>;
    /// One version of a workflow, whatever became of the workflow since.
    async fn version(&self, id: &WorkflowId, version: i64) -> Stored<Option<Arc<Published>>>;
}

/// Changes workflows.
pub trait Workflows {
    /// Stores a draft.
    async fn create_workflow(&self, workflow: &Workflow) -> Stored<()>;
    /// The workflow with the id.
    async fn workflow(&self, id: &WorkflowId) -> Stored<Option<Workflow>>;
    /// Workflows, newest first.
    async fn workflows(&self, page: &PageRequest) -> Stored<Page<Workflow>>;
    /// Makes the document the next version and runs it from now on; none where the workflow changed meanwhile.
    async fn publish_workflow(&self, workflow: &Workflow, now: DateTime<Utc>) -> Stored<Option<Workflow>>;
    /// Begins nothing from now on; none where the workflow changed meanwhile.
    async fn pause_workflow(&self, workflow: &Workflow, now: DateTime<Utc>) -> Stored<Option<Workflow>>;
}

/// What came of beginning an execution.
#[derive(Debug, Clone, PartialEq)]
pub enum Begun {
    /// It is stored and may run.
    New,
    /// It was begun before, and this is where it is.
    Existing(Box<Execution>),
    /// The contact has entered the workflow before, with another event.
    EnteredBefore,
}

/// Keeps executions.
pub trait Executions {
    /// Stores an execution that has not begun, once, and with it a timer that runs it if nobody does before.
    async fn begin(&self, entry: &Entry, timer: &Timer) -> Stored<Begun>;
    /// The execution with the id.
    async fn execution(&self, id: &ExecutionId) -> Stored<Option<Execution>>;
    /// Saves the next state of an execution and the timer that wakes it, if the stored one is the state before; false
    /// where somebody else was faster.
    async fn save(&self, execution: &Execution, timer: Option<&Timer>) -> Stored<bool>;
    /// Executions, newest first, of one workflow where one is given.
    async fn executions(&self, workflow: Option<&WorkflowId>, page: &PageRequest) -> Stored<Page<Execution>>;
}

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyScope {
    /// Apply only; may sit in a browser.
    Storefront,
    /// Apply, redeem, roll back, contacts.
    Server,
    /// Everything.
    Admin,
}

/// Whose key it is and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its id, for the log.
    pub id: KeyId,
    /// Whose.
    pub tenant_id: TenantId,
    /// What it may do.
    pub scope: KeyScope,
}

/// Keeps API keys, by the SHA-256 of their secret.
pub trait Keys {
    /// The key with this hash, if it is not revoked.
    async fn key(&self, secret_hash: &str) -> Stored<Option<Key>>;
    /// Stores a tenant and its first keys; all or nothing.
    async fn create_tenant(&self, tenant: &TenantId, keys: &[(Key, String)], now: DateTime<Utc>) -> Stored<Created>;
}

/// A timer as it is stored: with how often it was sent again after it was overdue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTimer {
    /// The timer.
    pub timer: Timer,
    /// Times it was sent again.
    pub resends: i64,
    /// When last.
    pub resent_at: Option<DateTime<Utc>>,
}

/// Keeps timers, of all tenants.
pub trait Timers {
    /// Every timer in a bucket.
    async fn timers_in(&self, bucket: Bucket) -> Stored<Vec<StoredTimer>>;
    /// Remembers that an overdue timer is being sent again; nothing where it has fired meanwhile.
    async fn mark_resent(&self, timer: &Timer, resends: i64, now: DateTime<Utc>) -> Stored<()>;
    /// Takes a timer that does not fire out of the scans' way, and keeps it for an operator.
    async fn set_aside(&self, timer: &Timer) -> Stored<()>;
    /// How far the scans have come; none before the first.
    async fn scan_progress(&self) -> Stored<Option<Progress>>;
    /// Remembers how far the scans have come.
    async fn save_scan_progress(&self, progress: Progress) -> Stored<()>;
    /// Takes a timer away; it may be gone already.
    async fn remove_timer(&self, timer: &Timer) -> Stored<()>;
}

/// Carries timers to their instant.
pub trait TimerQueue {
    /// Sends each timer so that it arrives in the second before it is due. Answers for each, in order, whether it was
    /// sent.
    async fn send_timers(&self, timers: &[Timer]) -> Vec<Result<(), StoreError>>;
}

/// The event bus.
pub trait EventBus {
    /// Publishes events. Answers for each, in order, whether the bus took it.
    async fn publish(&self, events: &[Event]) -> Vec<Result<(), StoreError>>;
}

/// An e-mail, rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Recipients.
    pub to: Vec<Email>,
    /// One line.
    pub subject: String,
    /// HTML body.
    pub html: Option<String>,
    /// Plain-text body.
    pub text: Option<String>,
    /// The execution and step that send it, for delivery events.
    pub tag: String,
}

/// Why an e-mail was not sent, or may not have been.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// Not sent; a later attempt may succeed.
    #[error("not sent: {0}")]
    Retry(String),
    /// Not sent, and never will be.
    #[error("refused: {0}")]
    Refused(String),
    /// The request went out and no answer came back.
    #[error("unknown whether it was sent: {0}")]
    Unknown(String),
}

/// Sends e-mail, without repeating a call whose outcome is not known.
pub trait Mailer {
    /// # Errors
    /// Says whether it was not sent or may have been.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}
