//! Port for workflows and executions.

use std::collections::BTreeSet;
use std::sync::Arc;

pub use couponflow_domain::automation::lifecycle::{Workflow, WorkflowStatus};

use chrono::{DateTime, Utc};
use couponflow_domain::automation::admission::Entries;
use couponflow_domain::automation::execution::{Execution, ExecutionStatus};
use couponflow_domain::automation::filter::Subject;
use couponflow_domain::automation::plan::{Admission, WorkflowEntry};
use couponflow_domain::automation::workflow::PublishedWorkflow;
use couponflow_domain::contacts::contact::Contact;
use couponflow_domain::events::event::{CorrelationKey, Event};
use couponflow_domain::kernel::counters::WorkflowVersion;
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::kernel::ids::{ContactId, EventId, ExecutionId, WorkflowId};
use couponflow_domain::tenants::quota::{QuotaExceeded, Quotas};
use couponflow_domain::timers::timer::Timer;
use serde_json::Value;

use crate::contacts::ports::ContactStore;
use crate::coupons::ports::CouponStore;
use crate::delivery::ports::DeliveryStore;
use crate::events::ports::EventStore;
use crate::kernel::error::StoreResult;
use crate::kernel::page::{Page, PageRequest};
use crate::tenants::ports::AccessStore;

/// Published version of a workflow, with its document.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedDocument {
    pub version: WorkflowVersion,
    /// Document as its author wrote it.
    pub document: Value,
    pub published_at: Option<DateTime<Utc>>,
    /// Who published the version: the id of an API key, or `operator`. `None` for versions of earlier releases.
    pub created_by: Option<String>,
}

/// Outcome of starting an execution.
#[derive(Debug, Clone, PartialEq)]
pub enum StartOutcome {
    /// The execution is stored and can run.
    New,
    /// The execution was started earlier. Holds its current state.
    Existing(Box<Execution>),
    /// The execution is stored with status `skipped` and the reason.
    Skipped,
}

/// Selects executions. Every field that is set must match.
#[derive(Debug, Clone, Default)]
pub struct ExecutionQuery {
    pub workflow_id: Option<WorkflowId>,
    pub contact: Option<ContactId>,
    pub event_id: Option<EventId>,
    pub status: Option<ExecutionStatus>,
}

/// Page of the timers that wake the waiting executions of a contact.
#[derive(Debug, Clone, PartialEq)]
pub struct WakesPage {
    pub timers: Vec<Timer>,
    /// Cursor of this page. `None` if no page follows.
    pub next_after: Option<Cursor>,
}

/// Stores the workflows and executions of a tenant. Steps of executions read and change contacts, coupons, events and
/// settings, so the store of automation includes their stores.
///
/// Methods that change a workflow use optimistic locking: they return `None` if the stored revision is not the revision
/// of `workflow`.
pub trait AutomationStore: AccessStore + ContactStore + CouponStore + DeliveryStore + EventStore {
    // Workflows

    /// Stores a draft. A no-op if a workflow with this id exists, in any state.
    async fn create_workflow(&self, workflow: &Workflow) -> StoreResult<()>;
    /// Returns the workflow with the id.
    async fn workflow(&self, id: &WorkflowId) -> StoreResult<Option<Workflow>>;
    /// Lists workflows, newest first.
    async fn workflows(&self, page: &PageRequest) -> StoreResult<Page<Workflow>>;
    /// Replaces the document. The published version stays as it is.
    async fn save_workflow(
        &self,
        workflow: &Workflow,
        document: Value,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<Workflow>>;
    /// Deletes the workflow: events no longer start executions. Executions that have started continue.
    async fn delete_workflow(&self, workflow: &Workflow, now: DateTime<Utc>) -> StoreResult<Option<Workflow>>;
    /// Lists the published versions of a workflow with their documents, newest first.
    async fn workflow_versions(&self, id: &WorkflowId, page: &PageRequest) -> StoreResult<Page<PublishedDocument>>;
    /// Returns the document of a published version.
    async fn version_document(&self, id: &WorkflowId, version: WorkflowVersion) -> StoreResult<Option<Value>>;
    /// Publishes the document as the next version. From then on, events start executions of this
    /// version.
    /// A publication that would exceed a quota is rejected.
    async fn publish_workflow(
        &self,
        workflow: &Workflow,
        quotas: &Quotas,
        now: DateTime<Utc>,
    ) -> StoreResult<Result<Option<Workflow>, QuotaExceeded>>;
    /// Pauses the workflow: events start no executions until it is published again.
    async fn pause_workflow(&self, workflow: &Workflow, now: DateTime<Utc>) -> StoreResult<Option<Workflow>>;

    // Published workflows

    /// Returns the published workflows whose trigger and filters match the event, sorted by id. A
    /// publish or a pause takes effect within two seconds. A workflow that cannot be read is logged
    /// and left out.
    async fn matching(&self, subject: Subject<'_>) -> StoreResult<Vec<Arc<PublishedWorkflow>>>;
    /// Returns the version of a workflow that is published at the time of the call, if any. Never cached.
    async fn published(&self, id: &WorkflowId) -> StoreResult<Option<Arc<PublishedWorkflow>>>;
    /// Returns one version of a workflow, even if the workflow was paused or deleted since.
    async fn version(&self, id: &WorkflowId, version: WorkflowVersion) -> StoreResult<Option<Arc<PublishedWorkflow>>>;

    // Executions

    /// Stores a new execution together with `timer`, which runs the execution if no other caller
    /// does. Stores one execution per id. If the admission rules of the workflow do not permit the
    /// execution now, stores the execution with status `skipped`.
    async fn begin(&self, entry: &WorkflowEntry, timer: &Timer) -> StoreResult<StartOutcome>;
    /// Returns the previous entries of a contact into a workflow. An entry is an execution that was
    /// started for the contact. If the workflow limits entries per hour, counts the entries in the
    /// clock hour that contains `at`.
    async fn entries(&self, workflow: &WorkflowId, admission: &Admission, at: DateTime<Utc>) -> StoreResult<Entries>;
    /// Returns the execution of a contact's latest entry into a workflow.
    async fn entered(&self, workflow: &WorkflowId, contact: &ContactId) -> StoreResult<Option<ExecutionId>>;
    /// Subscribes the execution to signals of the contact. A no-op if the contact was erased.
    async fn listen(&self, contact: &ContactId, execution: &ExecutionId) -> StoreResult<()>;
    /// Ends the subscription of the execution to signals of the contact.
    async fn stop_listening(&self, contact: &ContactId, execution: &ExecutionId) -> StoreResult<()>;
    /// Returns the execution with the id.
    async fn execution(&self, id: &ExecutionId) -> StoreResult<Option<Execution>>;
    /// Saves the next state of an execution, together with a timer that wakes the execution.
    /// Returns false if another writer has changed the execution since it was read.
    async fn save(&self, execution: &Execution, timer: Option<&Timer>) -> StoreResult<bool>;
    /// Returns timers that wake the waiting executions of a contact, at most `limit`, sorted by execution. `after` is the
    /// cursor of the page before. The index may lag by about a second, and lacks executions that started to wait under
    /// versions without it.
    async fn wakes_of(&self, contact: &ContactId, after: Option<&Cursor>, limit: usize) -> StoreResult<WakesPage>;
    /// Lists executions, newest first.
    async fn executions(&self, query: &ExecutionQuery, page: &PageRequest) -> StoreResult<Page<Execution>>;

    // Correlation keys: an execution that subscribes to an order id or a customer id is notified of the events of that
    // order or customer

    /// Subscribes the execution to events with one of the keys.
    async fn listen_by_key(&self, keys: &BTreeSet<CorrelationKey>, execution: &ExecutionId) -> StoreResult<()>;
    /// Ends the subscription of the execution under these keys.
    async fn stop_listening_by_key(&self, keys: &BTreeSet<CorrelationKey>, execution: &ExecutionId) -> StoreResult<()>;
    /// Returns the executions that are subscribed to events with one of the keys.
    async fn listeners(&self, keys: &BTreeSet<CorrelationKey>) -> StoreResult<BTreeSet<ExecutionId>>;
    /// Settles applications across contacts that share an order id or a customer id. If one contact
    /// applied a coupon and the other contact redeemed the coupon, the application is settled: the
    /// application no longer counts as applied but not redeemed.
    ///
    /// - A redemption event settles the applications of the other contacts.
    /// - An application event settles its application if another contact has already redeemed the
    ///   coupon.
    /// - A rollback event undoes the settlements of its redemption.
    ///
    /// Events can arrive twice and in any order.
    async fn settle_purchases(&self, event: &Event, contact: Option<&Contact>) -> StoreResult<()>;
}
