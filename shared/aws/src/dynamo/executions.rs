//! Executions: one item by event and workflow, saved whole with each transition.

use couponflow_app::error::StoreError;
use couponflow_app::ports::{Begun, Executions, Page, PageRequest};
use couponflow_domain::execution::Execution;
use couponflow_domain::ids::{ExecutionId, WorkflowId};
use couponflow_domain::plan::Entry;
use couponflow_domain::timer::Timer;
use serde::{Deserialize, Serialize};

use super::item::{IntoElement as _, Item, Stored, n, to_item};
use super::transact::Transacted;
use super::{TenantStore, failed};

#[derive(Debug, Serialize, Deserialize)]
struct ExecutionItem {
    revision: i64,
    /// The execution as JSON.
    execution: String,
    gsi1pk: String,
    gsi1sk: String,
}

impl Stored for ExecutionItem {
    const KIND: &'static str = "EXECUTION";
}

/// That a contact has entered a workflow that lets everyone in once.
#[derive(Debug, Serialize, Deserialize)]
struct EnteredItem {
    execution_id: ExecutionId,
}

impl Stored for EnteredItem {
    const KIND: &'static str = "ENTERED";
}

impl Executions for TenantStore {
    async fn begin(&self, entry: &Entry, timer: &Timer) -> Result<Begun, StoreError> {
        let doing = "beginning an execution";
        let execution = &entry.execution;
        let mut elements = vec![self.table.put_new(self.execution_item(execution, doing)?).element(doing)?];
        if let Some(contact) = &entry.once_for {
            let entered = EnteredItem { execution_id: execution.id.clone() };
            let key = self.keys.entered(&execution.workflow_id, contact.key());
            elements.push(self.table.put_new(to_item(key, &entered, doing)?).element(doing)?);
        }
        elements.push(self.put_timer(timer, doing)?);
        match self.table.transact(elements, doing).await? {
            Transacted::Committed => Ok(Begun::New),
            Transacted::Refused(_) => Ok(match self.execution(&execution.id).await? {
                Some(existing) => Begun::Existing(Box::new(existing)),
                None => Begun::EnteredBefore,
            }),
        }
    }

    async fn execution(&self, id: &ExecutionId) -> Result<Option<Execution>, StoreError> {
        let doing = "reading an execution";
        let item: Option<ExecutionItem> = self.table.get(self.keys.execution(id.key()), doing).await?;
        item.map(|item| parse(&item.execution, doing)).transpose()
    }

    async fn save(&self, execution: &Execution, timer: Option<&Timer>) -> Result<bool, StoreError> {
        let doing = "saving an execution";
        let put = self
            .table
            .put(self.execution_item(execution, doing)?)
            .condition_expression("revision = :before")
            .expression_attribute_values(":before", n(execution.revision - 1));
        let mut elements = vec![put.element(doing)?];
        elements.extend(timer.map(|timer| self.put_timer(timer, doing)).transpose()?);
        match self.table.transact(elements, doing).await? {
            Transacted::Committed => Ok(true),
            // An answer that was lost and asked for again finds its own state.
            Transacted::Refused(_) => Ok(self.execution(&execution.id).await?.as_ref() == Some(execution)),
        }
    }

    async fn executions(
        &self,
        workflow: Option<&WorkflowId>,
        page: &PageRequest,
    ) -> Result<Page<Execution>, StoreError> {
        let doing = "listing executions";
        let of_workflow = |key: &str| workflow.is_none_or(|id| key.ends_with(id.as_str()));
        let keys = self.list("executions", page, of_workflow, doing).await?;
        let mut data = Vec::with_capacity(keys.data.len());
        for key in &keys.data {
            let id = key.split('#').next().unwrap_or_default();
            let id =
                ExecutionId::parse(id).map_err(|error| StoreError::Damaged { doing, detail: error.to_string() })?;
            data.extend(self.execution(&id).await?);
        }
        Ok(Page { data, next_cursor: keys.next_cursor })
    }
}

impl TenantStore {
    fn execution_item(&self, execution: &Execution, doing: &'static str) -> Result<Item, StoreError> {
        let item = ExecutionItem {
            revision: execution.revision,
            execution: serde_json::to_string(execution).map_err(|error| failed(doing)(error.into()))?,
            gsi1pk: self.keys.list("executions"),
            gsi1sk: format!("{}#{}", execution.id, execution.workflow_id),
        };
        to_item(self.keys.execution(execution.id.key()), &item, doing)
    }
}

fn parse(json: &str, doing: &'static str) -> Result<Execution, StoreError> {
    serde_json::from_str(json).map_err(|error| StoreError::Damaged { doing, detail: error.to_string() })
}
