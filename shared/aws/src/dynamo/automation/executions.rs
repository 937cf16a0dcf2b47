//! Stores executions. An execution is one run of a workflow, for one event and contact. Each
//! execution has one item, and each change of the execution replaces the whole item.
//!
//! An entry is the start of a workflow for a contact. Entries are counted, because a workflow can
//! limit them.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use chrono::{DateTime, TimeDelta, Utc};
use couponflow_app::automation::ports::{ExecutionQuery, StartOutcome};
use couponflow_app::kernel::error::StoreError;
use couponflow_app::kernel::page::{Page, PageRequest};
use couponflow_domain::automation::admission::{Entries, LastEntry};
use couponflow_domain::automation::execution::{Execution, ExecutionStatus};
use couponflow_domain::automation::plan::{Admission, WorkflowEntry};
use couponflow_domain::kernel::ids::{ContactId, ExecutionId, WorkflowId};
use couponflow_domain::tenants::audit::Change;
use couponflow_domain::timers::timer::Timer;
use serde::{Deserialize, Serialize};

use super::stored_execution::StoredExecution;
use crate::dynamo::engine::element::IntoElement as _;
use crate::dynamo::engine::item::{Item, Stored, n, s, to_item};
use crate::dynamo::engine::tenant_store::TenantStore;
use crate::dynamo::engine::transact::Transacted;
use crate::failure::failed;

/// Index of the execution's put in the transaction that starts the execution.
const EXECUTION: usize = 0;

/// Condition of every save: the execution is unchanged since it was read.
const REVISION_UNCHANGED: &str = "revision = :before";

/// Maximum number of attempts to start an execution. The first attempt fails if the contact has
/// entered the workflow before. A later attempt fails only if another event starts the same
/// workflow for the same contact concurrently.
const MAX_ADMISSION_ATTEMPTS: usize = 4;

/// How long the counter of a contact's entries in one clock hour is stored.
const RATE_KEPT: TimeDelta = TimeDelta::hours(2);

#[derive(Serialize, Deserialize)]
pub(crate) struct ExecutionItem {
    revision: i64,
    /// The execution as JSON; see [`StoredExecution`].
    pub(crate) execution: String,
    gsi1pk: String,
    gsi1sk: String,
    /// When DynamoDB may delete the item, in seconds since 1970. Set when the execution ends. Earlier versions kept
    /// executions without an end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ttl: Option<i64>,
}

impl Stored for ExecutionItem {
    const KIND: &'static str = "EXECUTION";
}

/// Latest entry of a contact into a workflow.
#[derive(Debug, Serialize, Deserialize)]
struct EnteredItem {
    execution_id: ExecutionId,
}

impl Stored for EnteredItem {
    const KIND: &'static str = "ENTERED";
}

impl TenantStore {
    pub(crate) async fn begin(&self, entry: &WorkflowEntry, timer: &Timer) -> Result<StartOutcome, StoreError> {
        let doing = "starting an execution";
        let execution = &entry.execution;
        // The first attempt assumes that the contact has not entered the workflow before. The
        // conditions of the write verify this assumption.
        let mut known = Entries::default();
        for _ in 0..MAX_ADMISSION_ATTEMPTS {
            if let Err(why) = entry.admit(&known) {
                return self.skip(execution.skipped(why.to_string()), doing).await;
            }
            let mut elements = vec![self.table.put_new(self.execution_item(execution, doing).await?).element(doing)?];
            elements.push(self.put_timer(timer, doing)?);
            if let Some(admission) = &entry.admission {
                let before = known.last.as_ref().map(|last| &last.execution_id);
                elements.extend(self.admission_elements(execution, admission, before, doing)?);
            }
            let Transacted::Cancelled(cancellation) = self.commit(elements, Change::of(&execution.id), doing).await?
            else {
                return Ok(StartOutcome::New);
            };
            let Some(admission) = entry.admission.as_ref().filter(|_| !cancellation.failed_at(EXECUTION)) else {
                break;
            };
            known = self.entries(&execution.workflow_id, admission, execution.created_at).await?;
        }
        self.stored_outcome(&execution.id).await
    }

    pub(crate) async fn entries(
        &self,
        workflow: &WorkflowId,
        admission: &Admission,
        at: DateTime<Utc>,
    ) -> Result<Entries, StoreError> {
        let last = match self.entered(workflow, &admission.contact).await? {
            Some(id) => {
                let gone = LastEntry { execution_id: id.clone(), parent: None, is_over: true };
                Some(self.execution(&id).await?.as_ref().map_or(gone, LastEntry::of))
            }
            None => None,
        };
        let doing = "reading a contact's number of entries into a workflow";
        let counted = match admission.max_per_hour {
            Some(_) => self.table.raw(self.keys.entries(workflow, admission.contact.key(), at), doing).await?,
            None => None,
        };
        let number = |item: &Item| item.get("entries")?.as_n().ok()?.parse().ok();
        let in_this_hour = match counted {
            Some(item) => number(&item).ok_or_else(|| StoreError::damaged(doing, "the counter is not a number"))?,
            None => 0,
        };
        Ok(Entries { last, in_this_hour })
    }

    pub(crate) async fn entered(
        &self,
        workflow: &WorkflowId,
        contact: &ContactId,
    ) -> Result<Option<ExecutionId>, StoreError> {
        let key = self.keys.entered(workflow, contact.key());
        let entered: Option<EnteredItem> =
            self.table.get(key, "reading a contact's latest entry into a workflow").await?;
        Ok(entered.map(|entered| entered.execution_id))
    }

    pub(crate) async fn listen(&self, contact: &ContactId, execution: &ExecutionId) -> Result<(), StoreError> {
        self.change_listening(contact, "ADD listening :execution", execution).await
    }

    pub(crate) async fn stop_listening(&self, contact: &ContactId, execution: &ExecutionId) -> Result<(), StoreError> {
        self.change_listening(contact, "DELETE listening :execution", execution).await
    }

    pub(crate) async fn execution(&self, id: &ExecutionId) -> Result<Option<Execution>, StoreError> {
        let doing = "reading an execution";
        let item: Option<ExecutionItem> = self.table.get(self.keys.execution(id.key()), doing).await?;
        item.map(|item| StoredExecution::parse(&item.execution, doing)).transpose()
    }

    pub(crate) async fn save(&self, execution: &Execution, timer: Option<&Timer>) -> Result<bool, StoreError> {
        let doing = "saving an execution";
        let (item, before) = (self.execution_item(execution, doing).await?, n(execution.revision.previous()));
        let is_saved = match timer {
            None if self.author().is_none() => self.replace_execution(item, before, doing).await?,
            timer => {
                let put = self.table.put(item).condition_expression(REVISION_UNCHANGED);
                let mut elements = vec![put.expression_attribute_values(":before", before).element(doing)?];
                if let Some(timer) = timer {
                    elements.push(self.put_wake(execution, timer, doing)?);
                }
                self.commit(elements, Change::of(&execution.id), doing).await?.is_committed()
            }
        };
        // If the response to a committed write is lost, a retry of the write fails its condition.
        // The save still succeeded if the stored execution equals this execution.
        let is_this = |stored: Execution| stored == *execution || stored == execution.abridged();
        Ok(is_saved || self.execution(&execution.id).await?.is_some_and(is_this))
    }

    pub(crate) async fn executions(
        &self,
        query: &ExecutionQuery,
        page: &PageRequest,
    ) -> Result<Page<Execution>, StoreError> {
        self.page_of_executions(query, page).await
    }

    /// Builds the transaction elements that record a contact's entry into a workflow. Conditions:
    /// the latest entry is still `before`, and the limit per hour is not reached.
    fn admission_elements(
        &self,
        execution: &Execution,
        admission: &Admission,
        before: Option<&ExecutionId>,
        doing: &'static str,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let (workflow, contact) = (&execution.workflow_id, admission.contact.key());
        let entered = EnteredItem { execution_id: execution.id.clone() };
        let entered = to_item(self.keys.entered(workflow, contact), &entered, doing)?;
        let mut elements = vec![match before {
            None => self.table.put_new(entered).element(doing)?,
            Some(before) => self
                .table
                .put(entered)
                .condition_expression("execution_id = :before")
                .expression_attribute_values(":before", s(before.as_str()))
                .element(doing)?,
        }];
        if let Some(most) = admission.max_per_hour {
            let now = execution.created_at;
            let count = self
                .table
                .update(self.keys.entries(workflow, contact, now))
                .update_expression("SET #ttl = :ttl ADD entries :one")
                .condition_expression("attribute_not_exists(entries) OR entries < :most")
                .expression_attribute_names("#ttl", "ttl")
                .expression_attribute_values(":ttl", n((now + RATE_KEPT).timestamp()))
                .expression_attribute_values(":one", n(1))
                .expression_attribute_values(":most", n(most));
            elements.push(count.element(doing)?);
        }
        Ok(elements)
    }

    /// Saves an execution with a plain put, because a put costs half as much as a transaction.
    async fn replace_execution(
        &self,
        item: Item,
        before: AttributeValue,
        doing: &'static str,
    ) -> Result<bool, StoreError> {
        let put = self.table.client.put_item().table_name(&self.table.name).set_item(Some(item));
        let put = put.condition_expression(REVISION_UNCHANGED).expression_attribute_values(":before", before);
        match put.send().await.map_err(SdkError::into_service_error) {
            Ok(_) => Ok(true),
            Err(PutItemError::ConditionalCheckFailedException(_)) => Ok(false),
            Err(error) => Err(failed(doing)(error.into())),
        }
    }

    /// Stores an execution that is skipped instead of started.
    async fn skip(&self, execution: Execution, doing: &'static str) -> Result<StartOutcome, StoreError> {
        let put = self.table.put_new(self.execution_item(&execution, doing).await?).element(doing)?;
        match self.table.transact(vec![put], doing).await? {
            Transacted::Committed => Ok(StartOutcome::Skipped),
            Transacted::Cancelled(_) => self.stored_outcome(&execution.id).await,
        }
    }

    /// Returns the outcome for an execution that is already stored.
    async fn stored_outcome(&self, id: &ExecutionId) -> Result<StartOutcome, StoreError> {
        match self.execution(id).await? {
            Some(existing) if existing.status == ExecutionStatus::Skipped => Ok(StartOutcome::Skipped),
            Some(existing) => Ok(StartOutcome::Existing(Box::new(existing))),
            None => Err(StoreError::Busy { doing: "starting an execution for a contact with concurrent entries" }),
        }
    }

    /// Adds an execution to the contact's set `listening`, or removes it from the set. The set
    /// holds the executions that wait for a signal from the contact. Changes no other element of
    /// the set, so concurrent changes are not lost. Does nothing if the contact was erased.
    async fn change_listening(
        &self,
        contact: &ContactId,
        expression: &str,
        execution: &ExecutionId,
    ) -> Result<(), StoreError> {
        let update = self
            .table
            .update_item(self.keys.contact(contact.key()))
            .update_expression(expression)
            .condition_expression("attribute_exists(id)")
            .expression_attribute_values(":execution", AttributeValue::Ss(vec![execution.as_str().to_owned()]));
        match update.send().await.map_err(SdkError::into_service_error) {
            Ok(_) | Err(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(()),
            Err(error) => Err(failed("changing the executions that wait for a signal from a contact")(error.into())),
        }
    }

    async fn execution_item(&self, execution: &Execution, doing: &'static str) -> Result<Item, StoreError> {
        let contact = execution.contact.as_ref().map_or("", |contact| contact.key());
        let event_id = execution.event.metadata.event_id.as_str();
        let kept_until = match execution.ended_at() {
            Some(ended_at) => Some(self.profile().await?.retention().execution_kept_until(ended_at)),
            None => None,
        };
        let item = ExecutionItem {
            revision: execution.revision.get(),
            execution: StoredExecution::json(execution, doing)?,
            gsi1pk: self.keys.list("executions"),
            gsi1sk: [execution.id.as_str(), execution.workflow_id.as_str(), contact, event_id].join("#"),
            ttl: kept_until.map(|until| until.timestamp()),
        };
        to_item(self.keys.execution(execution.id.key()), &item, doing)
    }
}
