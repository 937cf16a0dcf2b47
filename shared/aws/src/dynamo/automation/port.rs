//! The port of the room. Each method is implemented in the file of the items that it reads or writes.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use couponflow_app::automation::ports::{AutomationStore, ExecutionQuery, PublishedDocument, StartOutcome, WakesPage};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_domain::automation::admission::Entries;
use couponflow_domain::automation::execution::Execution;
use couponflow_domain::automation::filter::Subject;
use couponflow_domain::automation::lifecycle::Workflow;
use couponflow_domain::automation::plan::{Admission, WorkflowEntry};
use couponflow_domain::automation::workflow::PublishedWorkflow;
use couponflow_domain::contacts::contact::Contact;
use couponflow_domain::events::event::{CorrelationKey, Event};
use couponflow_domain::kernel::counters::WorkflowVersion;
use couponflow_domain::kernel::cursor::Cursor;
use couponflow_domain::kernel::ids::{ContactId, ExecutionId, WorkflowId};
use couponflow_domain::tenants::quota::{QuotaExceeded, Quotas};
use couponflow_domain::timers::timer::Timer;
use serde_json::Value;

use crate::dynamo::engine::tenant_store::TenantStore;

impl AutomationStore for TenantStore {
    async fn create_workflow(&self, workflow: &Workflow) -> Result<(), StoreError> {
        self.create_workflow(workflow).await
    }

    async fn workflow(&self, id: &WorkflowId) -> Result<Option<Workflow>, StoreError> {
        self.workflow(id).await
    }

    async fn workflows(&self, page: &PageRequest) -> Result<Page<Workflow>, StoreError> {
        self.workflows(page).await
    }

    async fn save_workflow(
        &self,
        workflow: &Workflow,
        document: Value,
        now: DateTime<Utc>,
    ) -> Result<Option<Workflow>, StoreError> {
        self.save_workflow(workflow, document, now).await
    }

    async fn delete_workflow(&self, workflow: &Workflow, now: DateTime<Utc>) -> Result<Option<Workflow>, StoreError> {
        self.delete_workflow(workflow, now).await
    }

    async fn workflow_versions(
        &self,
        id: &WorkflowId,
        page: &PageRequest,
    ) -> Result<Page<PublishedDocument>, StoreError> {
        self.workflow_versions(id, page).await
    }

    async fn version_document(&self, id: &WorkflowId, version: WorkflowVersion) -> Result<Option<Value>, StoreError> {
        self.version_document(id, version).await
    }

    async fn publish_workflow(
        &self,
        workflow: &Workflow,
        quotas: &Quotas,
        now: DateTime<Utc>,
    ) -> Result<Result<Option<Workflow>, QuotaExceeded>, StoreError> {
        self.publish_workflow(workflow, quotas, now).await
    }

    async fn pause_workflow(&self, workflow: &Workflow, now: DateTime<Utc>) -> Result<Option<Workflow>, StoreError> {
        self.pause_workflow(workflow, now).await
    }

    async fn matching(&self, subject: Subject<'_>) -> Result<Vec<Arc<PublishedWorkflow>>, StoreError> {
        self.matching(subject).await
    }

    async fn published(&self, id: &WorkflowId) -> Result<Option<Arc<PublishedWorkflow>>, StoreError> {
        self.published(id).await
    }

    async fn version(
        &self,
        id: &WorkflowId,
        version: WorkflowVersion,
    ) -> Result<Option<Arc<PublishedWorkflow>>, StoreError> {
        self.version(id, version).await
    }

    async fn begin(&self, entry: &WorkflowEntry, timer: &Timer) -> Result<StartOutcome, StoreError> {
        self.begin(entry, timer).await
    }

    async fn entries(
        &self,
        workflow: &WorkflowId,
        admission: &Admission,
        at: DateTime<Utc>,
    ) -> Result<Entries, StoreError> {
        self.entries(workflow, admission, at).await
    }

    async fn entered(&self, workflow: &WorkflowId, contact: &ContactId) -> Result<Option<ExecutionId>, StoreError> {
        self.entered(workflow, contact).await
    }

    async fn listen(&self, contact: &ContactId, execution: &ExecutionId) -> Result<(), StoreError> {
        self.listen(contact, execution).await
    }

    async fn stop_listening(&self, contact: &ContactId, execution: &ExecutionId) -> Result<(), StoreError> {
        self.stop_listening(contact, execution).await
    }

    async fn execution(&self, id: &ExecutionId) -> Result<Option<Execution>, StoreError> {
        self.execution(id).await
    }

    async fn save(&self, execution: &Execution, timer: Option<&Timer>) -> Result<bool, StoreError> {
        self.save(execution, timer).await
    }

    async fn wakes_of(
        &self,
        contact: &ContactId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<WakesPage, StoreError> {
        self.listed_wakes(contact, after, limit).await
    }

    async fn executions(&self, query: &ExecutionQuery, page: &PageRequest) -> Result<Page<Execution>, StoreError> {
        self.executions(query, page).await
    }

    async fn listen_by_key(&self, keys: &BTreeSet<CorrelationKey>, execution: &ExecutionId) -> Result<(), StoreError> {
        self.listen_by_key(keys, execution).await
    }

    async fn stop_listening_by_key(
        &self,
        keys: &BTreeSet<CorrelationKey>,
        execution: &ExecutionId,
    ) -> Result<(), StoreError> {
        self.stop_listening_by_key(keys, execution).await
    }

    async fn listeners(&self, keys: &BTreeSet<CorrelationKey>) -> Result<BTreeSet<ExecutionId>, StoreError> {
        self.listeners(keys).await
    }

    async fn settle_purchases(&self, event: &Event, contact: Option<&Contact>) -> Result<(), StoreError> {
        self.settle_purchases(event, contact).await
    }
}
